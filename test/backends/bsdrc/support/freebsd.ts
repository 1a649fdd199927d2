import { repository } from '../../../support/repository.js';

/**
 * Shell commands that give a copy of this machine stand-ins for what FreeBSD has, where FreeBSD has it. They run in the
 * directory that is the copy's root; whatever is changed goes with the copy.
 *
 * @param place the directory of the stand-ins, as the copy sees it
 */
export const makeFreeBSD = (place = '/bsd'): string => `
mkdir -p .${place}/log .${place}/programs/freebsd usr/local/etc/rc.d
support=${repository}/test/backends/bsdrc/support
sed "s|@PLACE@|${place}|g; s|${place}/rc.conf|/etc/rc.conf|g" $support/rc.subr > etc/rc.subr
sed "s|@PLACE@|${place}|g" $support/freebsd-tool > .${place}/programs/freebsd/limits
for tool in setfib protect kldload su; do ln -s limits .${place}/programs/freebsd/$tool; done
cp $support/daemon.py usr/sbin/daemon
chmod 755 usr/sbin/daemon .${place}/programs/freebsd/limits
chmod 777 .${place}/log
`;
