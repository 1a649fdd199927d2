import { readFileSync } from 'node:fs';
import type { CommandLine } from '../../../../src/model/process-model.js';
import { eventually } from '../../../support/waiting.js';

/** What a process in a container found when it started. */
export interface ReportedFacts {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly umask: string;
  readonly nice: number;
  readonly uid: number;
  readonly gids: readonly number[];
}

// In hexadecimal digits, so that nothing of what is reported can be taken for anything else.
const script = `
my $file = shift @ARGV;
open my $out, ">", "$file.new" or die "$file: $!";
print $out "arg ", unpack("H*", $_), "\\n" for @ARGV;
print $out "env ", unpack("H*", $_), " ", unpack("H*", $ENV{$_}), "\\n" for keys %ENV;
require Cwd;
print $out "directory ", unpack("H*", Cwd::getcwd()), "\\n";
printf $out "umask %04o\\n", umask;
print $out "nice ", getpriority(0, 0), "\\nuid $>\\ngids $)\\n";
close $out;
rename "$file.new", $file;
print "ready\\n";
sleep 1000 while 1;
`;

/** A program that writes what it finds into a file, then waits. */
export const reporter = (file: string, ...args: readonly string[]): CommandLine => ({
  executable: '/usr/bin/perl',
  args: ['-e', script, '--', file, ...args],
});

const text = (digits: string | undefined): string => Buffer.from(digits ?? '', 'hex').toString('utf8');

/** Waits for the file and reads it. */
export const readReport = (file: string): Promise<ReportedFacts> =>
  eventually(() => {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(' '));
    const all = (kind: string): readonly (readonly string[])[] =>
      lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
    const one = (kind: string): readonly string[] => all(kind)[0] ?? [];
    return {
      args: all('arg').map(([word]) => text(word)),
      environment: Object.fromEntries(all('env').map(([name, value]) => [text(name), text(value)])),
      directory: text(one('directory')[0]),
      umask: one('umask')[0] ?? '',
      nice: Number(one('nice')[0]),
      uid: Number(one('uid')[0]),
      gids: [...new Set(one('gids').map(Number))],
    };
  });
