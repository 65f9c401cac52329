/** Word lists of the generated shop: people, places and what is sold. */

export const firstNames: readonly string[] =
  `Ada Alma Amos Anouk Arlo Astrid Basil Beata Bram Calla Cedric Clio Dario Delia Edda Eero Elio Enid Esra Fabia Felix Fern
  Gale Gemma Gideon Hanne Hugo Ida Ines Ivo Jana Jasper Joan Jonas Kaia Kamil Kira Lars Leda Linus Lotte Maja Marek Milo Mira
  Nadia Nils Nora Odile Omar Orla Otto Paula Pia Quentin Rafa Rhea Rolf Rosa Sanna Selma Silas Sofie Tariq Tess Theo Tilda Tove
  Ulla Uri Vera Viggo Wanda Wim Xenia Yara Yusuf Zeno Zita`.split(/\s+/);

export const lastNames: readonly string[] =
  `Abbott Adair Almeida Ashby Bakker Barlow Becker Brandt Calder Castell Corbin Dahl Delgado Drummond Eklund Ellery Falk Farrow
  Fontaine Garner Gilroy Haas Halvorsen Harker Holm Ibsen Ingram Jansen Jardine Kaplan Keller Kovac Lambert Larkin Lindqvist
  Lowell Maddox Marlow Mercer Moreau Nakano Nash Novak Ogden Osei Palmer Petrov Quill Ramsey Redfern Rowe Salas Sato Schultz
  Shaw Sorensen Tanner Thorne Tran Underhill Vance Vidal Voss Walsh Weaver Winter Yates Zeller`.split(/\s+/);

export const streets: readonly string[] =
  `Alder Bank|Amber Row|Badger Lane|Bellwether Road|Birchmoor Way|Bramble Street|Candle Court|Cinder Hill|Clover Walk|Copperfield Drive
  |Crane Street|Dovetail Lane|Driftwood Avenue|Elderberry Road|Falcon Rise|Fiddler Street|Foxglove Lane|Garnet Road|Gull Terrace
  |Harrow Street|Hazel Bend|Heron Court|Juniper Row|Kestrel Way|Kiln Street|Lantern Road|Larch Row|Magpie Lane|Mason Yard|Meadowlark Drive
  |Millrace Road|Nettle Lane|Orchard Gate|Otter Bend|Pebble Street|Quarry Road|Rookery Lane|Saffron Street|Sparrow Hill|Tanner Row
  |Thistle Avenue|Walnut Steps|Weaver Street|Willow Dip`
    .split('|')
    .map((name) => name.trim());

/** City, state and the first three digits of its zip codes. */
export const cities: readonly { readonly city: string; readonly state: string; readonly zip: string }[] =
  `Albany NY 122|Austin TX 787|Boise ID 837|Boston MA 021|Buffalo NY 142|Charlotte NC 282|Chicago IL 606|Columbus OH 432|Dallas TX 752
  |Denver CO 802|Duluth MN 558|El Paso TX 799|Fargo ND 581|Fresno CA 937|Houston TX 770|Knoxville TN 379|Lincoln NE 685|Madison WI 537
  |Memphis TN 381|Miami FL 331|Mobile AL 366|Nashville TN 372|Omaha NE 681|Orlando FL 328|Portland OR 972|Reno NV 895|Richmond VA 232
  |Salem OR 973|San Diego CA 921|Savannah GA 314|Seattle WA 981|Spokane WA 992|Toledo OH 436|Tucson AZ 857|Tulsa OK 741|Wichita KS 672`
    .split('|')
    .map((line) => {
      const parts = line.trim().split(' ');
      return { city: parts.slice(0, -2).join(' '), state: parts.at(-2) as string, zip: parts.at(-1) as string };
    });

/** A kind of product: option axis -> its values, and the price of its plainest variant in cents. */
export interface ProductType {
  readonly name: string;
  readonly axes: Readonly<Record<string, readonly string[]>>;
  readonly cents: number;
}

/**
 * One line per type: name, price in dollars, axes as `axis: value, value`. A value is on one axis
 * of a type only; some contain others ("rose gold") so that careless text matching is caught.
 */
const catalogue = `
Wall Clock; 38; case: oak, dark oak, brushed steel; diameter: 20 cm, 30 cm, 40 cm; movement: quartz, silent quartz
Picnic Blanket; 29; pattern: plain, tartan, wide stripes; size: small, large, extra large; backing: no backing, waterproof
Camping Hammock; 54; color: moss green, navy, orange; capacity: one person, two persons; straps: basic, tree friendly
Bread Knife; 33; blade: steel, carbon steel; handle: beech, walnut, resin; length: 20 cm, 24 cm
Tea Kettle; 47; finish: copper, matte black, polished; volume: 1 liter, 2 liters; whistle: with whistle, silent
Door Mat; 21; material: coir, rubber, recycled rubber; width: 60 cm, 75 cm, 90 cm; motif: leaves, waves, blank
Rain Poncho; 35; color: yellow, olive, dark olive; size: S, M, L, XL; hood: fixed hood, detachable hood
Yarn Bundle; 26; fiber: merino, cotton, alpaca; weight: light, medium, chunky; shade: berry, sand, slate, dark slate
Chess Set; 62; board: maple, walnut, marble; king height: 7 cm, 9 cm; storage: drawer, felt bag, no storage
Bird Feeder; 24; shape: tube, house, tray; color: red, barn red, green; seed guard: included, not included
Plant Pot; 19; glaze: white, off white, teal, clay; diameter: 12 cm, 18 cm, 26 cm; saucer: with saucer, without saucer
Watering Can; 28; color: zinc, mint, black; capacity: 3 liters, 5 liters, 8 liters; spout: long, short
Laundry Basket; 32; weave: bamboo, rope, wire; height: 45 cm, 60 cm; lid: with lid, open
Bath Towel; 18; color: ivory, stone, sea blue, blue; size: hand, body, beach; weave: waffle, terry
Shower Curtain; 27; print: ferns, fish, plain white; length: 180 cm, 200 cm; hooks: plastic, metal
Desk Organizer; 36; material: cork, acrylic, clear acrylic; compartments: four, six, nine; color: natural, grey
Floor Rug; 89; fiber: jute, wool, felted wool; size: runner, 2 meters, 3 meters; color: rust, sage, cream; edge: fringed, bound
Reading Pillow; 44; filling: foam, shredded foam, buckwheat; cover: corduroy, linen; color: plum, mustard, charcoal
Spice Rack; 31; mount: wall, counter, magnetic; jars: 8 jars, 12 jars, 18 jars; finish: pine, black steel
Cutting Board; 23; wood: acacia, teak, end grain teak; size: small, medium, large; groove: juice groove, flat
Salad Bowl; 30; material: olive wood, glass, frosted glass; diameter: 22 cm, 28 cm; servers: with servers, without servers
Travel Mug; 25; color: white, pearl white, forest, coral; volume: 350 ml, 470 ml, 590 ml; lid: flip lid, screw lid
Lunch Box; 22; tiers: single, double, triple; material: tin, bamboo fiber; color: sky, peach, graphite
Rucksack; 78; capacity: 18 liters, 26 liters, 40 liters; fabric: canvas, waxed canvas, ripstop; color: black, brown, khaki
Belt; 34; material: leather, vegan leather; color: tan, cognac, black; buckle: brass, nickel; length: 85 cm, 95 cm, 105 cm
Scarf; 37; fabric: cashmere, wool, silk; color: gold, rose gold, ink, ash; pattern: solid, checked
Winter Hat; 20; color: cream, burgundy, pine green; lining: fleece, unlined; pompom: with pompom, no pompom
Bracelet; 66; metal: silver, gold, rose gold; length: 16 cm, 18 cm, 20 cm; clasp: hook, toggle, lobster
Ring Light; 52; diameter: 10 inch, 14 inch, 18 inch; power: cable, battery; stand: table stand, floor stand
Power Strip; 27; outlets: 4 outlets, 6 outlets, 8 outlets; cable: 1 m, 3 m, 5 m; ports: no ports, two ports, four ports; color: white, black
Phone Stand; 16; material: aluminum, beech, silicone; angle: fixed, adjustable; color: silver, space grey, grey
Headlamp; 41; brightness: 200 lumen, 400 lumen, 900 lumen; battery: rechargeable, three AAA; beam: spot, spot and flood
Bike Lock; 43; type: chain, folding, cable; length: 80 cm, 110 cm, 150 cm; closing: key, number code
Tripod; 71; height: 130 cm, 160 cm, 180 cm; material: aluminum, carbon fiber; head: ball head, pan head
Guitar Strap; 29; width: 5 cm, 7 cm; material: suede, cotton, hemp; color: sand, dark brown, brown, indigo
Music Stand; 48; build: folding, solid desk; color: black, chrome, matte chrome; extras: no extras, carry bag, clip lamp
Paint Set; 39; medium: gouache, watercolor, acrylic; colors: 12 colors, 24 colors, 36 colors; case: tin case, wooden case
Sketchbook; 17; format: A5, A4, A3; paper: smooth, rough, extra rough; cover: hard cover, soft cover; sheets: 50 sheets, 100 sheets`;

export const productTypes: readonly ProductType[] = catalogue
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', dollars, ...axes] = line.split(';').map((part) => part.trim());
    const pairs = axes.map((axis) => {
      const [label = '', values = ''] = axis.split(':');
      return [label, values.split(',').map((value) => value.trim())] as const;
    });
    return { name, cents: Number(dollars) * 100, axes: Object.fromEntries(pairs) };
  });
