// The style of all scripts.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const FOLDERS = ['functions/serve-app/app/', 'shared/web/static/', 'tests/javascript/', 'tests/oidc/'];
// Comments, texts and regular expressions are matched whole, so that any other double quote starts a text.
const TOKENS = /\/\/.*|\/\*[^]*?\*\/|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/(?![/*\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[gimsuvy]*|"(?:\\.|[^"\\\n])*"/g;

const scripts = FOLDERS.flatMap(folder => {
  const place = new URL(`../../${folder}`, import.meta.url);
  return readdirSync(place, { recursive: true }).filter(path => /\.m?js$/.test(path) && !path.includes('node_modules'))
    .map(path => ({ name: folder + path, text: readFileSync(new URL(path, place), 'utf8') }));
});

test('texts are in single quotes', () => {
  assert.ok(scripts.length > 40);
  const double = scripts.flatMap(({ name, text }) => [...text.matchAll(TOKENS)]
    .filter(([token]) => token.startsWith('"') || (token.startsWith('`') && /\$\{[^}`]*"/.test(token)))
    .map(([token]) => `${name}: ${token}`));
  assert.deepEqual(double, []);
});
