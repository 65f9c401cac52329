/** The words of the shop. */
import { completeVocabulary, type Vocabulary } from '../../vocabulary.ts';

export const retailVocabulary: Vocabulary = completeVocabulary({
  user: 'customer',
  handOver: ['transfer_to_human_agents'],
  plainWords: ['exchange', 'return', 'refund', 'order', 'orders', 'delivered', 'pending'],
  sensitiveWords: ['refund\\w*', 'gift card'],
  speech: {
    verbs: {
      return:
        '\\breturn(?:s|ing)?\\b|\\b(?:be|is|are|was|been) returned\\b(?! by\\b)|\\breturned (?:items|goods|orders?)|\\bsen[dt](?:ing)? back|\\brefund\\w*|\\btak(?:e|es|ing) back',
      exchange: '\\bexchang\\w+|\\bswap\\w*|\\btrad(?:e|es|ed|ing)\\b|\\breplac\\w+',
    },
    states: {
      pending:
        "\\b(?:not yet|has(?:n't| not) (?:yet )?been|have(?:n't| not) (?:yet )?been|before it is|un) ?(?:shipped|processed|dispatched|sent out)\\b|\\bstill (?:open|waiting)\\b|\\bopen orders?\\b|\\bawaiting shipment\\b",
      delivered:
        "\\b(?:has |have |already |was |were )?arrived\\b|\\bhanded over\\b|\\breceived by the customer\\b|\\bin the customer's hands\\b|\\breached the customer\\b",
      processed: '',
    },
    nouns: {
      item: ['item', 'product', 'variant', 'article', 'option', 'goods', 'piece'],
      product: ['product', 'item', 'catalogue', 'catalog'],
      order: ['order', 'purchase'],
      user: ['user', 'customer', 'account'],
      payment: ['payment', 'card', 'method', 'pay'],
      method: ['method', 'payment', 'card'],
    },
    figures: ['refund\\w*'],
    inventedIds: {
      payment: 'credit_card_0000001',
      order: '#W1234567',
      user: 'customer_0001',
      product: '1000000001',
      item: '1000000002',
    },
    confusions: { product_id: 'item_id', item_id: 'product_id' },
  },
});
