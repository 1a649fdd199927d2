import { Buffer } from 'node:buffer';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { changedProcess, lifeOfADeployment } from '../life-of-a-deployment.mjs';
import { inTurn, timed } from '../measure.mjs';

/** One call of supervisord's XML-RPC interface, without parameters; resolves to what it answers. */
const call = (socketPath, method) =>
  new Promise((resolve, reject) => {
    const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params/></methodCall>`;
    const headers = { 'Content-Type': 'text/xml', 'Content-Length': body.length };
    request({ socketPath, path: '/RPC2', method: 'POST', headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    })
      .on('error', reject)
      .end(body);
  });

/** supervisord by itself, with the programs of a profile, but none at first. */
const ownSupervisord = async ({ directory, run }, profile, count) => {
  const place = join(directory, 'own');
  const programs = join(place, 'conf.d');
  const socket = join(place, 'socket');
  const configuration = join(place, 'supervisord.conf');
  mkdirSync(place);
  // Where the programs log to; a switch would make it.
  mkdirSync(join(directory, 'state/log'), { recursive: true });
  writeFileSync(
    configuration,
    `[supervisord]
pidfile=${place}/pid
logfile=${place}/log
childlogdir=${place}
directory=/
minfds=8192
${process.getuid() === 0 ? 'user=root' : ''}
[unix_http_server]
file=${socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
[include]
files=conf.d/*.conf
`,
  );
  const control = (...args) => run('supervisorctl', '-c', configuration, ...args);
  return {
    start: async () => {
      rmSync(programs, { recursive: true, force: true });
      mkdirSync(programs);
      await run('supervisord', '-c', configuration);
      for (const file of readdirSync(join(profile, 'conf.d'))) {
        symlinkSync(join(profile, 'conf.d', file), join(programs, file));
      }
    },
    update: () => control('update'),
    stopAll: () => control('stop', 'all'),
    untilAllRun: async () => {
      const running = async () => (await call(socket, 'supervisor.getAllProcessInfo')).match(/>RUNNING</g)?.length;
      while ((await running()) !== count) await sleep(100);
    },
    end: async () => {
      const answer = await control('shutdown');
      // It answers before it ends, which an undeployment waits for.
      const end = await timed(async () => {
        while (await call(socket, 'supervisor.getPID').catch(() => null)) await sleep(20);
      });
      return inTurn([answer, end]);
    },
  };
};

/** supervisord's default of startsecs, after which a process counts as RUNNING. */
const startSeconds = 1;

export const supervisord = {
  name: 'supervisord',
  about: 'Switches of flat programs under supervisord, against its own update',
  rounds: 5,
  open: async (bench) => {
    const { workshop, count } = bench;
    const profile = (await workshop.build('supervisord', { count })).stdout.trim();
    const own = await ownSupervisord(workshop, profile, count);
    const socket = join(workshop.directory, 'state/run/nix-processmgmt-ts/processes/supervisord.sock');
    const life = await lifeOfADeployment(bench, {
      manager: 'supervisord',
      profile,
      query: () => timed(() => call(socket, 'supervisor.getAllProcessInfo')),
      // It returns when the program has been up for startsecs.
      restartOne: () => workshop.run('supervisorctl', '-s', `unix://${socket}`, 'restart', changedProcess),
    });
    return {
      isOrdered: true,
      rows: [
        {
          name: 'supervisorctl update',
          run: async () => {
            await own.start();
            const cost = await own.update();
            await own.untilAllRun();
            return cost;
          },
        },
        {
          name: 'supervisorctl stop all, shutdown',
          run: async () => inTurn([await own.stopAll(), await own.end()]),
        },
        ...life.rows,
      ],
      figures: [
        ...life.figures,
        {
          name: 'all new / update + startsecs',
          of: (cost) => cost('switch, all new').wall / (cost('supervisorctl update').wall + startSeconds),
          atMost: 1.1,
        },
        {
          name: 'undeploy / stop all, shutdown',
          of: (cost) => cost('undeploy').wall / cost('supervisorctl stop all, shutdown').wall,
          atMost: 1.1,
        },
      ],
    };
  },
};
