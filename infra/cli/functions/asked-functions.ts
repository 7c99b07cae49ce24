/** The functions that commands ask, each by the stack's output that names it, and what a person needs for that. */
import type { AskedFunction } from './function-command.ts';

export const DRIFT_TAINTER: AskedFunction = {
  is: 'the drift tainter',
  output: 'DriftFunction',
  rights: ['lambda:InvokeFunction'],
};

export const SWEEP: AskedFunction = { is: 'the sweep', output: 'SweepFunction', rights: ['lambda:InvokeFunction'] };

export const EVACUATION: AskedFunction = {
  is: 'the evacuation function',
  output: 'EvacuationFunction',
  rights: ['lambda:InvokeFunction', 'lambda:ListDurableExecutionsByFunction', 'lambda:GetDurableExecution'],
};

export const RETIREMENT: AskedFunction = {
  is: 'the retirement function',
  output: 'RetirementFunction',
  rights: ['lambda:ListDurableExecutionsByFunction', 'lambda:GetDurableExecutionHistory'],
};

export const OPERATOR: AskedFunction = {
  is: 'the operator',
  output: 'OperatorFunction',
  rights: ['lambda:InvokeFunction'],
};
