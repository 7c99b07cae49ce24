/** The first step of a retirement: AWS is asked again, and what follows from its answers and the settings is fixed. */
import { isWarning, type Notice } from '../../core/notice/notice.ts';
import { reportTurnedAway } from '../notice/turn-away.ts';
import { verifyNotice } from '../notice/verify-notice.ts';
import { beginHeld } from './begin-held.ts';
import { beginAsRequested, beginForTaint } from './begin-wanted.ts';
import { beginLaunch, beginWarned } from './begin-warned.ts';
import type { Beginning, BeginPorts, Verified } from './beginning.ts';

export async function beginRetirement(notice: Notice, ports: BeginPorts): Promise<Beginning> {
  const verified = await verifyNotice(notice, ports);
  switch (verified.kind) {
    case 'ignore':
    case 'refuse':
      reportTurnedAway(verified, notice.instance, ports.journal);
      return verified;
    case 'release':
      return verified;
    case 'retire':
      return await beginVerified(notice, verified, ports);
  }
}

async function beginVerified(notice: Notice, verified: Verified, ports: BeginPorts): Promise<Beginning> {
  if (isWarning(notice)) return await beginWarned(notice, verified, ports);
  switch (notice.kind) {
    case 'tainted':
      return beginForTaint(notice, verified, ports);
    case 'request':
      return beginAsRequested(notice, verified, ports);
    case 'asg-launch':
      return beginLaunch(notice, verified, ports);
    case 'asg-terminate':
    case 'root-volume':
      return await beginHeld(notice, verified, ports);
  }
}
