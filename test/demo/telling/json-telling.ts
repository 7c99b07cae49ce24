/** `--json`: the domain events as the functions logged them, a line each, and the outcome as the last. */
import type { Telling } from '../scenario.ts';

export function jsonTelling(print: (line: string) => void): Telling {
  return {
    begin: () => undefined,
    fact: () => undefined,
    plan: (reports) => {
      for (const report of reports) print(JSON.stringify(report));
    },
    event: (event) => {
      print(JSON.stringify(event));
    },
    end: ({ ok, scenario, seconds, pods, unbudgetedControllers, requests, expectations, cost, traffic }) => {
      const unmet = expectations.filter(({ holds }) => !holds).map(({ what, found }) => `${what}: ${found}`);
      const finished = { type: 'demo.finished', ok, scenario, seconds, pods, unbudgetedControllers, requests };
      const requestsOfUsers = traffic && { servedRequests: traffic.served, failedRequests: traffic.failed };
      print(JSON.stringify({ ...finished, ...(!ok && { unmet }), ...(cost && { cost }), ...requestsOfUsers }));
    },
  };
}
