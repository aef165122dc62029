import type { Given } from './given.ts';
import { envName, misspelt } from './names.ts';
import { declarationOf, settingNames } from './settings.ts';

/** A Kubernetes service called `hearth` puts its address into the variables of every container. */
const serviceLink = /^(tcp|udp|sctp):\/\//;

/**
 * The settings in HEARTH_ variables; lists are comma-separated.
 * @returns the values, and sentences about variables that were left out
 */
export function readEnvironment(env: NodeJS.ProcessEnv): { given: Given[]; warnings: string[] } {
  const given: Given[] = [];
  const warnings: string[] = [];
  const known = new Map(settingNames.map((name) => [envName(name), name]));
  const unknown: string[] = [];
  for (const [label, value] of Object.entries(env)) {
    if (value === undefined || !label.startsWith('HEARTH_')) continue;
    const name = known.get(label);
    if (name === undefined) {
      const meant = misspelt(label, [...known.keys()]);
      unknown.push(meant === undefined ? label : `${label} (did you mean ${meant}?)`);
    } else if (name === 'port' && serviceLink.test(value)) {
      warnings.push(
        `${label}=${value} looks like a Kubernetes service link and is ignored; use --port to set the port.`,
      );
    } else {
      const { list, path } = declarationOf(name);
      // A file name may hold a comma.
      const raw = list === true && path === undefined ? value.split(',').map((item) => item.trim()) : value;
      given.push({ name, raw, source: 'env', label });
    }
  }
  if (unknown.length > 0) warnings.push(`Ignored environment variables that are no settings: ${unknown.join(', ')}.`);
  return { given, warnings };
}
