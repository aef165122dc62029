import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Router } from 'express';
import { methodNotAllowed } from './mount.ts';
import { recordOf } from './record.ts';

/**
 * A page at a path, which needs no key. It is one file whose script and style stand in it; its content security policy lets
 * only these run, and what comes from this server.
 * @param file the name of an HTML file in `assets`
 */
export function page(path: string, file: string): Router {
  const html = readFileSync(new URL(`assets/${file}`, import.meta.url), 'utf8');
  const policy = policyOf(html);
  const router = Router();
  router.get(path, (req, res) => {
    recordOf(res).route = path;
    // The page's links are relative, so that it works behind a prefix; they count from the last slash.
    if (path !== '/' && req.path.endsWith('/')) {
      res.redirect(308, `..${path}`);
      return;
    }
    res.set({
      'content-security-policy': policy,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    res.send(html);
  });
  router.all(path, methodNotAllowed(['GET']));
  return router;
}

/** Scripts and styles of the page itself by their hashes, files and requests of this server's alone. */
function policyOf(html: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes(html, /<script>(.*?)<\/script>/gs)}`,
    `style-src 'self' ${hashes(html, /<style>(.*?)<\/style>/gs)}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function hashes(html: string, block: RegExp): string {
  return [...html.matchAll(block)]
    .map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
    .join(' ');
}
