/**
 * Partition of a region, and the domain of its endpoints. China, GovCloud, the European Sovereign Cloud and the ISO
 * regions have their own. The SDK has the rules by which it finds its endpoints, so there is no list here.
 */
import { partition } from '@aws-sdk/core/client';

export interface AwsPartition {
  /** Name in ARNs: `aws`, `aws-cn`, `aws-eusc`, ... */
  readonly name: string;
  /** `amazonaws.com`, `amazonaws.eu`, ... */
  readonly dnsSuffix: string;
}

/** @param region a region that the SDK does not know is matched by its prefix, else it counts as one of `aws` */
export function partitionOf(region: string): AwsPartition {
  const { name, dnsSuffix } = partition(region);
  return { name, dnsSuffix };
}
