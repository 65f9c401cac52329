/** The tools of the shop as a client has them: schemas, and a function that calls one. */
const { BASE_URL, TOOLS_URL, SYSTEM, REQUEST, STREAM } = process.env;
export const setting = { baseURL: BASE_URL, model: 'sim', system: SYSTEM, request: REQUEST, streams: STREAM === '1' };
export const tools = await (await fetch(`${TOOLS_URL}/tools`)).json();
export async function run(name, args) {
  return (await fetch(`${TOOLS_URL}/call`, { method: 'POST', body: JSON.stringify({ name, args }) })).text();
}
