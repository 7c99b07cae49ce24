import fc from 'fast-check';
import { test } from 'vitest';
import { runModel } from './model/model-run.ts';
import { scenarios } from './model/scenarios.ts';
test.skipIf(!process.env.N)(
  'probe',
  async () => {
    const N = Number(process.env.N ?? 500),
      seed = Number(process.env.SEED ?? 1);
    const kinds = new Map<string, { n: number; example: string }>();
    const results: Record<string, number> = {};
    let i = 0;
    const times: [number, string][] = [];
    let slow = 0,
      slowAt = '';
    const t0 = process.cpuUsage().user;
    for (const s of fc.sample(scenarios, { numRuns: N, seed })) {
      const t = process.cpuUsage().user / 1000;
      if (process.env.V) writeFileSync('/tmp/cur.json', JSON.stringify(s));
      let broke: readonly string[];
      try {
        const r = await runModel(s);
        broke = r.broke;
        for (const { ended } of r.retirements) {
          const k = 'failed' in ended ? ended.failed.name : ended.retired.result;
          results[k] = (results[k] ?? 0) + 1;
        }
      } catch (e) {
        broke = ['X ' + (e as Error).message + ((e as Error).stack ?? '').split('\n').slice(1, 3).join('|')];
      }
      const d = process.cpuUsage().user / 1000 - t;
      times.push([
        d,
        JSON.stringify([s.drain.timeoutSeconds, s.drain.atDeadline, s.hookTimeoutSeconds, s.crashes.length]),
      ]);
      if (d > slow) {
        slow = d;
        slowAt = JSON.stringify(s.drain) + s.hookTimeoutSeconds;
      }
      for (const b of broke.slice(0, 1)) {
        const k = b.replace(/app\d-\d+/g, 'POD').replace(/[\d.]+/g, '#');
        const known = kinds.get(k) ?? { n: 0, example: '' };
        known.n += 1;
        if (known.example === '' || JSON.stringify(s).length < known.example.length)
          known.example = `#${i} ${b} ${JSON.stringify(s)}`;
        kinds.set(k, known);
      }
      i++;
    }
    console.log(((process.cpuUsage().user - t0) / 1000).toFixed(), 'ms', results, 'slowest', slow.toFixed(), slowAt);
    times.sort((a, b) => b[0] - a[0]);
    console.log(
      times
        .filter((_, i) => i % 15 === 0)
        .map(([d, w]) => d.toFixed() + ' ' + w)
        .join('\n'),
    );
    for (const [k, v] of [...kinds].sort((a, b) => b[1].n - a[1].n))
      console.log(v.n, k, '\n   ', v.example.slice(0, 1800));
  },
  600000,
);
import { readFileSync, writeFileSync } from 'node:fs';
test.skipIf(!process.env.ONE)(
  'one',
  async () => {
    const s = JSON.parse(readFileSync(process.env.ONE ?? '', 'utf8'));
    const r = await runModel(s);
    console.log(
      JSON.stringify(r.broke, null, 1),
      r.retirements
        .map(({ ended, execution }) =>
          JSON.stringify([ended, 'failed' in ended ? ended.failed.stack : '', execution.counted]),
        )
        .join('\n'),
      r.world.group.ended,
    );
    for (const { event, at } of r.world.told as any)
      console.log(
        at,
        event.type,
        JSON.stringify({
          ...event,
          cluster: undefined,
          group: undefined,
          instance: undefined,
          type: undefined,
          node: undefined,
        }).slice(0, 300),
      );
  },
  600000,
);
