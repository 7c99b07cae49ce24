/** Capacity reservations whose client is loaded with the first event about one: client-ec2 is the largest of all. */
import type { Reservations } from '../../workflow/ports/ec2.ts';

export function lazyReservations(): Reservations {
  return {
    async instancesIn(reservation) {
      const [{ ec2Client }, { reservations }] = await Promise.all([
        import('./ec2-instances.ts'),
        import('./reservations.ts'),
      ]);
      return reservations(ec2Client()).instancesIn(reservation);
    },
  };
}
