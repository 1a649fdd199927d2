import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accounts } from '../support/accounts.js';
import { type PrivateStore, makePrivateStore } from './private-store.js';

describe.each(accounts)('a store of its own: $name', (account) => {
  let store: PrivateStore;

  beforeAll(async () => {
    store = await makePrivateStore(account);
  });

  afterAll(async () => {
    await store.remove();
  });

  test('builds packages and runs them', async () => {
    const path = await store.build(`pkgs.stdenv.mkDerivation {
      name = "service";
      dontUnpack = true;
      buildInputs = [ pkgs.python3 ];
      buildPhase = "echo 'int main(void) { return 7; }' > main.c; $CC -o main main.c";
      installPhase = ''
        install -D main $out/bin/main
        printf '#!/usr/bin/env python3\\nprint("served")\\n' > $out/bin/serve
        chmod +x $out/bin/serve
        ln -s \${pkgs.nginx}/bin/nginx $out/bin/proxy
      '';
    }`);
    expect((await store.run(`${path}/bin/main`)).exitCode).toBe(7);
    expect((await store.run(`${path}/bin/serve`)).stdout).toBe('served\n');
    expect((await store.run(`${path}/bin/proxy`, ['-v'])).stderr).toContain('nginx version');
  });

  test('keeps every package that a result refers to', async () => {
    const path = await store.build(`pkgs.buildEnv {
      name = "system";
      paths = [ (pkgs.writeScriptBin "start" "exec \${pkgs.nginx}/bin/nginx -c \${pkgs.writeText "nginx.conf" "events { }"}") ];
    }`);
    expect([...(await store.closure(path))].sort()).toEqual(['nginx-host', 'nginx.conf', 'start', 'system']);
  });
});
