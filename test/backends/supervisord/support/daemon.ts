import type { CommandLine } from '../../../../src/model/process-model.js';

const source = `
use POSIX qw(setsid);
exit 0 if fork;
setsid();
$SIG{TERM} = sub { unlink $ARGV[0]; exit 0 };
open my $out, '>', $ARGV[0] or die "cannot write $ARGV[0]: $!"; print $out "$$\\n"; close $out;
select undef, undef, undef, 0.05 while 1;
`;

/** A program that forks, writes its PID file and goes on in the background; more arguments do nothing. */
export const daemonProgram = (pidFile: string, ...args: readonly string[]): CommandLine => ({
  executable: '/usr/bin/perl',
  args: ['-e', source, pidFile, ...args],
});
