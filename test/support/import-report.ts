// Imports the module that the first argument names, and prints which packages were loaded for it and how long that took.
import { register } from 'node:module';
import { MessageChannel } from 'node:worker_threads';

const hooks = `
let port;
export function initialize(data) { port = data; }
export async function load(url, context, next) { port.postMessage(url); return next(url, context); }`;

const { port1, port2 } = new MessageChannel();
const urls: string[] = [];
port1.on('message', (url: string) => urls.push(url));
port1.unref();
register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: port2, transferList: [port2] });

const started = performance.now();
const loaded = (await import(process.argv[2] ?? '')) as Record<string, unknown>;
const ms = performance.now() - started;
// What the hooks have sent is delivered by then.
await new Promise((resolve) => setTimeout(resolve, 100));
process.stdout.write(JSON.stringify({ ms, urls, names: Object.keys(loaded) }));
