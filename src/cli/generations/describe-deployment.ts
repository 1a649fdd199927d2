import type { DeploymentRecord } from '../../generations/deployment-record.js';

/** "alice", or "root (alice)" for one who used sudo. */
export const personOf = ({ user, sudoUser }: DeploymentRecord['by']): string =>
  sudoUser === null || sudoUser === user ? user : `${user} (${sudoUser})`;

/** The beginning of a model's commit, with a plus when there were changes that it does not have; "-" when none is known. */
export const revisionOf = (model: DeploymentRecord['model']): string => {
  const revision = model?.revision ?? null;
  return revision === null ? '-' : `${revision.commit.slice(0, 10)}${revision.dirty ? '+' : ''}`;
};
