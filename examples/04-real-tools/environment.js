/**
 * Parcels in an SQLite database, a carrier behind HTTP, and a scorer that asks both: every function
 * is asynchronous, and a state is a handle that is copied by its bytes and closed when it is done.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { defineEnvironment, tool, z } from 'harness-optimizer';
import initSqlJs from 'sql.js';

const towns = ['Amber Bay', 'Birch Hill', 'Cedar Gate', 'Dune Port', 'Elm Cross'];

/** The carrier: bookings by desk, on loopback; it does not keep the process alive. */
async function openCarrier() {
  const bookings = new Map();
  const server = createServer(async (request, response) => {
    const desk = request.url ?? '';
    const body = (await request.toArray()).join('');
    if (request.method === 'PUT') bookings.set(desk, JSON.parse(body));
    if (request.method === 'POST') bookings.set(desk, [...(bookings.get(desk) ?? []), JSON.parse(body)]);
    if (request.method === 'DELETE') bookings.delete(desk);
    response.end(JSON.stringify(bookings.get(desk) ?? []));
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return async (method, desk, body, signal) => {
    const url = `http://127.0.0.1:${server.address().port}/${desk}`;
    const response = await fetch(url, { method, signal, ...(body ? { body: JSON.stringify(body) } : {}) });
    return response.json();
  };
}

let carrier;
let desks = 0;
async function ask(...question) {
  carrier ??= openCarrier();
  return (await carrier)(...question);
}
const open = async (bytes) => ({ db: new (await initSqlJs()).Database(bytes), desk: `desk${++desks}` });

/** The one row that a statement gives. */
function row({ db }, sql, ...values) {
  const statement = db.prepare(sql, values);
  const found = statement.step() ? statement.getAsObject() : undefined;
  statement.free();
  return found;
}

const find = (state, id) => {
  const parcel = row(state, 'select * from parcel where parcel_id = ?', id);
  if (!parcel) throw new Error(`There is no parcel ${id}; parcel ids look like #123`);
  return parcel;
};

/** Books at the carrier first: what it refuses leaves the database as it is. */
const move =
  (status) =>
  async (state, { parcel_id: id, town }, signal) => {
    const parcel = find(state, id);
    if (parcel.status !== status) throw new Error(`Parcel ${id} is ${parcel.status}, not ${status}`);
    await ask('POST', state.desk, { id, town }, signal);
    state.db.run("update parcel set town = ?, status = 'travelling' where parcel_id = ?", [town, id]);
    return find(state, id);
  };

const args = z.object({ parcel_id: z.string(), town: z.enum(towns) });
const inputOf = (n, i) => ({
  id: `#${100 + (n % 99900)}`,
  town: towns[n % 5],
  status: i % 3 ? 'waiting' : 'travelling',
});

export default defineEnvironment({
  name: 'parcels',
  tasks: Array.from({ length: 200 }, (_, i) => ({ id: `t${i}`, input: inputOf(1 + 7 * i, i) })),
  prompt: ({ input: { id, town } }) => `My parcel ${id} has to go to ${town}, please. I agree to exactly this.`,
  async reset({ input: { id, status } }) {
    const state = await open();
    state.db.run('create table parcel (parcel_id text primary key, town text, status text)');
    state.db.run('insert into parcel values (?, ?, ?)', [id, 'Depot', status]);
    return state;
  },
  tools: {
    get_parcel: tool(
      'Show a parcel.',
      args.pick({ parcel_id: true }),
      async (state, given) => find(state, given.parcel_id),
      {
        readOnly: true,
      },
    ),
    send_parcel: tool('Send a parcel to a town.', args, move('waiting')),
    redirect_parcel: tool('Redirect a parcel to another town.', args, move('travelling')),
  },
  async score({ input: { id, town } }, state, _ending, { signal }) {
    const booked = await ask('GET', state.desk, undefined, signal);
    const stored = row(state, 'select town from parcel where parcel_id = ?', id)?.town === town;
    const told = booked.length === 1 && booked[0].town === town;
    const checks = [
      { name: 'database', passed: stored },
      { name: 'carrier', passed: told },
    ];
    return { reward: stored && told ? 1 : 0, checks };
  },
  oracle: async ({ input: { id, town, status } }) => ({
    summary: `Sent to ${town}.`,
    calls: [
      { name: 'get_parcel', arguments: { parcel_id: id } },
      { name: status === 'waiting' ? 'send_parcel' : 'redirect_parcel', arguments: { parcel_id: id, town } },
    ],
  }),
  snapshot: async ({ db, desk }) => ({ bytes: db.export(), booked: await ask('GET', desk) }),
  async restore({ bytes, booked }) {
    const state = await open(bytes);
    await ask('PUT', state.desk, booked);
    return state;
  },
  changes: (state) => {
    const moved = row(state, "select * from parcel where town <> 'Depot'");
    return moved ? [`${moved.parcel_id}: ${moved.town}, ${moved.status}`] : [];
  },
  async dispose({ db, desk }) {
    db.close();
    await ask('DELETE', desk);
  },
  timeoutMs: 20_000,
});
