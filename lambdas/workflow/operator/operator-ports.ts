import type { Groups } from '../ports/auto-scaling.ts';
import type { Journal } from '../ports/journal.ts';
import type { Clusters } from '../ports/kubernetes.ts';
import type { RetirementHistory, RetirementResults, Retirements, RunningRetirements } from '../ports/lambda.ts';
import type { RotationControls, RotationHistory, Rotations } from '../ports/rotation.ts';
import type { VerificationPorts } from '../notice/verify-notice.ts';

/** What the operator needs of the outside. */
export interface OperatorPorts extends VerificationPorts {
  readonly clusters: Clusters;
  readonly groups: Pick<Groups, 'enrolled'>;
  readonly rotations: Rotations;
  readonly rotationHistory: Pick<RotationHistory, 'last' | 'find'>;
  readonly controls: RotationControls;
  readonly retirements: Retirements;
  readonly running: Pick<RunningRetirements, 'names'>;
  readonly retirementHistory: Pick<RetirementHistory, 'ended'>;
  readonly results: RetirementResults;
  readonly journal: Journal;
}
