#!/usr/bin/python3
"""Stands for the programs of s6-rc, which Debian 12 does not have, over a real s6-svscan.

Called as s6-rc, s6-rc-compile, s6-rc-init, s6-rc-update or s6-rc-format-upgrade, it does what their manuals say of the
options that the tests need. A compiled database is JSON; pipelines are FIFOs rather than held by s6-fdholder-daemon.

STAND_IN_DIRECTORY holds `calls`, a line for each call, and may hold files that make the next call of a program end
otherwise: a file `s6-rc-update` with the text "9" has it end with that exit code.
"""
import getopt
import json
import os
import shutil
import subprocess
import sys

program = os.path.basename(sys.argv[0])
controls = os.environ.get('STAND_IN_DIRECTORY')


def fail(code, words):
    print(f'{program}: fatal: {words}', file=sys.stderr)
    sys.exit(code)


def injected():
    """The exit code that a test wants, once."""
    path = controls and os.path.join(controls, program)
    if not path or not os.path.exists(path):
        return None
    with open(path) as file:
        code = int(file.read())
    os.remove(path)
    return code


def read(path):
    with open(path) as file:
        return file.read()


def names_in(directory, name):
    listed = os.path.join(directory, name + '.d')
    if os.path.isdir(listed):
        return sorted(os.listdir(listed))
    path = os.path.join(directory, name)
    if not os.path.exists(path):
        return None
    return [line.strip() for line in read(path).splitlines() if line.strip() and not line.startswith('#')]


# ---- Databases ----

copied = ['run', 'finish', 'notification-fd', 'timeout-kill', 'timeout-finish', 'max-death-tally', 'down-signal', 'data', 'env']


def compile_database(target, sources):
    services, bundles, definitions = {}, {}, {}
    for source in sources:
        if not os.path.isdir(source):
            fail(111, f'unable to read {source}: No such file or directory')
        for name in sorted(os.listdir(source)):
            directory = os.path.join(source, name)
            if name.startswith('.') or not os.path.isdir(directory):
                continue
            if name.startswith(('s6rc-', 's6-rc-')):
                fail(1, f'identifier {name} starts with reserved prefix')
            kind = read(os.path.join(directory, 'type')).strip()
            if kind == 'bundle':
                contents = names_in(directory, 'contents')
                if contents is None:
                    fail(111, f'unable to open {directory}/contents')
                bundles[name] = contents
                continue
            if kind not in ('longrun', 'oneshot'):
                fail(1, f'invalid {directory}/type: must be oneshot, longrun, or bundle')
            service = {'type': kind, 'dependencies': names_in(directory, 'dependencies') or []}
            service['essential'] = os.path.exists(os.path.join(directory, 'flag-essential'))
            if kind == 'longrun':
                if not os.path.isfile(os.path.join(directory, 'run')):
                    fail(1, f'unable to find a run script in {directory}/run')
                service['producerFor'] = (names_in(directory, 'producer-for') or [None])[0]
                service['consumerFor'] = names_in(directory, 'consumer-for') or []
                service['ready'] = os.path.exists(os.path.join(directory, 'notification-fd'))
                if service['producerFor'] is not None:
                    service['dependencies'].append(service['producerFor'])
                for pipeline in names_in(directory, 'pipeline-name') or []:
                    bundles[pipeline] = [name, *service['consumerFor']]
            else:
                service['up'] = read(os.path.join(directory, 'up'))
                down = os.path.join(directory, 'down')
                service['down'] = read(down) if os.path.exists(down) else ''
            services[name], definitions[name] = service, directory

    def resolve(name, user):
        if name in services:
            return [name]
        if name not in bundles:
            fail(1, f'during dependency resolution for service {user}: undefined service name {name}')
        return [inner for content in bundles[name] for inner in resolve(content, user)]

    for name, service in services.items():
        service['dependencies'] = sorted({d for entry in service['dependencies'] for d in resolve(entry, name)})
        consumer = service.get('producerFor')
        if consumer is not None and name not in services.get(consumer, {}).get('consumerFor', []):
            fail(1, f'longrun service {name} declares being a producer for {consumer} that does not declare it back')
    resolved = {name: sorted(resolve(name, name)) for name in bundles}

    def visit(name, trail):
        if name in trail:
            fail(1, f'cyclic service dependency reached from {trail[-1]} and involving {name}')
        for other in services[name]['dependencies']:
            visit(other, [*trail, name])

    for name in services:
        visit(name, [])

    try:
        os.mkdir(target)
    except OSError as error:
        fail(111, f'unable to mkdir {target}: {error.strerror}')
    with open(os.path.join(target, 'db.json'), 'w') as file:
        json.dump({'services': services, 'bundles': resolved}, file)
    for name, service in services.items():
        if service['type'] == 'longrun':
            make_service_directory(definitions[name], os.path.join(target, 'servicedirs', name), name, service)


def make_service_directory(definition, directory, name, service):
    os.makedirs(directory)
    for file in copied:
        path = os.path.join(definition, file)
        if os.path.isdir(path):
            shutil.copytree(path, os.path.join(directory, file), symlinks=True)
        elif os.path.exists(path):
            shutil.copyfile(path, os.path.join(directory, file))
            os.chmod(os.path.join(directory, file), 0o755)
    # A FIFO that is open for both reading and writing never ends, whoever dies.
    redirections = ''
    if service['consumerFor']:
        redirections += f'redirfd -u 0 ../../pipes/{name}\n'
    if service['producerFor'] is not None:
        redirections += f'redirfd -u 1 ../../pipes/{service["producerFor"]}\n'
    if redirections:
        os.rename(os.path.join(directory, 'run'), os.path.join(directory, 'run.user'))
        with open(os.path.join(directory, 'run'), 'w') as file:
            file.write(f'#!/usr/bin/env -S execlineb -P\n{redirections}./run.user\n')
        os.chmod(os.path.join(directory, 'run'), 0o755)


# ---- The live state ----

class Live:
    def __init__(self, path):
        self.path = path
        if not os.path.exists(os.path.join(path, 'db.json')) and not os.path.exists(os.path.join(path, 'compiled')):
            fail(111, f'unable to take lock on {path}: No such file or directory')
        try:
            self.database = json.loads(read(os.path.join(path, 'compiled', 'db.json')))
        except (OSError, ValueError):
            fail(4, f'invalid service database in {path}/compiled')
        self.state = set(json.loads(read(os.path.join(path, 'state'))))

    def save(self):
        with open(os.path.join(self.path, 'state.new'), 'w') as file:
            json.dump(sorted(self.state), file)
        os.rename(os.path.join(self.path, 'state.new'), os.path.join(self.path, 'state'))

    def directory(self, name):
        return os.path.join(self.path, 'servicedirs', name)

    def resolve(self, names):
        selected = set()
        for name in names:
            if name in self.database['services']:
                selected.add(name)
            elif name in self.database['bundles']:
                selected.update(self.database['bundles'][name])
            else:
                fail(3, f'{name} is not a recognized identifier in {self.path}/compiled/resolve.cdb')
        return selected

    def neighbours(self, name, up):
        services = self.database['services']
        if up:
            return services[name]['dependencies']
        return [other for other, service in services.items() if name in service['dependencies']]

    def ordered(self, selected, up):
        """The selection with all that has to change with it, those first that the others wait for."""
        order = []

        def visit(name):
            if name in order:
                return
            for other in self.neighbours(name, up):
                visit(other)
            order.append(name)

        for name in sorted(selected):
            visit(name)
        return order

    def change(self, selected, up, essential_too=False):
        code, failed = 0, set()
        for name in self.ordered(selected, up):
            service = self.database['services'][name]
            if (name in self.state) == up:
                continue
            if any(other in failed for other in self.neighbours(name, up)):
                failed.add(name)
                continue
            if not up and service['essential'] and not essential_too:
                # What it depends on stays as well. That is no failure.
                print(f's6-rc: warning: service {name} is marked as essential, not stopping it', file=sys.stderr)
                failed.add(name)
                continue
            ended = self.transition(name, service, up)
            if ended == 0:
                (self.state.add if up else self.state.discard)(name)
                self.save()
            else:
                print(f's6-rc: warning: unable to {"start" if up else "stop"} service {name}: command exited {ended}', file=sys.stderr)
                failed.add(name)
                code = 1
        return code

    def transition(self, name, service, up):
        """The exit code of what does it."""
        if service['type'] == 'oneshot':
            script = service['up' if up else 'down']
            if not script.strip():
                return 0
            return subprocess.run(['execlineb', '-P', '-c', script], stdin=subprocess.DEVNULL).returncode
        directory = self.directory(name)
        down = os.path.join(directory, 'down')
        if up:
            if os.path.exists(down):
                os.remove(down)
            wait = '-wU' if service['ready'] else '-wu'
            ended = subprocess.run(['s6-svc', wait, '-T', '20000', '-u', directory], stderr=subprocess.DEVNULL).returncode
            if ended != 0:
                subprocess.run(['s6-svc', '-d', directory])
            return ended
        open(down, 'w').close()
        return subprocess.run(['s6-svc', '-wD', '-T', '20000', '-d', directory], stderr=subprocess.DEVNULL).returncode


def add_supervised(live, name, source, scan, prefix):
    directory = os.path.join(live, 'servicedirs', name)
    shutil.copytree(os.path.join(source, 'servicedirs', name), directory, symlinks=True)
    open(os.path.join(directory, 'down'), 'w').close()
    link = os.path.join(scan, prefix + name)
    if os.path.islink(link):
        os.remove(link)
    os.symlink(directory, link)


def await_supervised(live, scan, names):
    subprocess.run(['s6-svscanctl', '-a', scan], check=True)
    for name in names:
        directory = os.path.join(live, 'servicedirs', name)
        subprocess.run(['sh', '-c', 'i=0; until s6-svok "$0" || [ $i -ge 200 ]; do i=$((i+1)); sleep 0.05; done', directory])


def make_pipes(live, database):
    os.makedirs(os.path.join(live, 'pipes'), exist_ok=True)
    for name, service in database['services'].items():
        path = os.path.join(live, 'pipes', name)
        if service.get('consumerFor') and not os.path.exists(path):
            os.mkfifo(path, 0o600)


def longruns(database):
    return [name for name, service in database['services'].items() if service['type'] == 'longrun']


def init(database_path, live, scan, prefix):
    if os.path.lexists(live):
        fail(111, f'unable to create live directory at {live}: File exists')
    try:
        database = json.loads(read(os.path.join(database_path, 'db.json')))
    except OSError as error:
        fail(111, f'unable to open {database_path}: {error.strerror}')
    real = f'{live}:s6-rc-init:{os.getpid()}'
    os.makedirs(os.path.join(real, 'servicedirs'))
    os.symlink(os.path.basename(real), live)
    os.symlink(database_path, os.path.join(real, 'compiled'))
    os.symlink(scan, os.path.join(real, 'scandir'))
    with open(os.path.join(real, 'prefix'), 'w') as file:
        file.write(prefix)
    with open(os.path.join(real, 'state'), 'w') as file:
        file.write('[]')
    make_pipes(live, database)
    for name in longruns(database):
        add_supervised(live, name, database_path, scan, prefix)
    await_supervised(live, scan, longruns(database))


def move_live(live):
    """As s6-rc-update has it: the live directory gets another name, and the link to it leads there."""
    moved = f'{live}:s6-rc-update:{os.getpid()}'
    os.rename(os.path.realpath(live), moved)
    link = moved + ':new'
    os.symlink(os.path.basename(moved), link)
    os.rename(link, live)


def update(live_path, new_path):
    if not os.path.isdir(new_path):
        fail(111, f'unable to take lock on {new_path}: No such file or directory')
    try:
        new = json.loads(read(os.path.join(new_path, 'db.json')))
    except (OSError, ValueError):
        fail(4, f'invalid service database in {new_path}')
    live = Live(live_path)
    old, was_up = live.database, set(live.state)
    resolve = lambda name: {name} if name in new['services'] else set(new['bundles'].get(name, []))
    restart = {
        name for name in was_up
        if name not in new['services'] or new['services'][name]['type'] != old['services'][name]['type']
    }
    while True:
        closed = set(live.ordered(restart, False)) & was_up
        kept = {name for name in was_up - closed if name in new['services']}
        # What depends on something that is not up has to wait for it.
        more = {name for name in kept if set(new['services'][name]['dependencies']) - kept}
        if not more:
            break
        restart |= more
    wanted = {target for name in was_up for target in resolve(name)}

    code = injected()
    if code in (9, 10):
        fail(code, 'unable to stop some services; the old database is still live')
    if live.change(closed, False, True) != 0:
        fail(9, 'unable to stop some services; the old database is still live')
    scan, prefix = os.readlink(os.path.join(live_path, 'scandir')), read(os.path.join(live_path, 'prefix'))
    for name in longruns(old):
        if name in kept and new['services'][name]['type'] == 'longrun':
            # The process stays, and gets its new files for the next time.
            directory = live.directory(name)
            fresh = os.path.join(new_path, 'servicedirs', name)
            for file in [*copied, 'run.user']:
                path, source = os.path.join(directory, file), os.path.join(fresh, file)
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                elif os.path.lexists(path):
                    os.remove(path)
                if os.path.isdir(source):
                    shutil.copytree(source, path, symlinks=True)
                elif os.path.exists(source):
                    shutil.copy(source, path)
            continue
        os.remove(os.path.join(scan, prefix + name))
        subprocess.run(['s6-svc', '-xd', live.directory(name)])
        subprocess.run(['sh', '-c', 'while s6-svok "$0"; do sleep 0.02; done', live.directory(name)])
        shutil.rmtree(live.directory(name))
    move_live(live_path)
    os.remove(os.path.join(live_path, 'compiled'))
    os.symlink(new_path, os.path.join(live_path, 'compiled'))
    live.database = new
    live.state = kept
    live.save()
    make_pipes(live_path, new)
    fresh = [name for name in longruns(new) if not os.path.exists(live.directory(name))]
    for name in fresh:
        add_supervised(live_path, name, new_path, scan, prefix)
    await_supervised(live_path, scan, fresh)
    code_up = live.change(wanted, True)
    if code in (1, 2):
        fail(code, 'unable to start some services')
    return code_up


# ---- The command line ----

def main():
    if controls:
        with open(os.path.join(controls, 'calls'), 'a') as file:
            file.write(' '.join([program, *sys.argv[1:]]) + '\n')
    letters = {
        's6-rc': 'v:n:t:l:bXudDpaEe',
        's6-rc-compile': 'v:h:b',
        # 0.6.1 has no -b.
        's6-rc-init': 'c:l:p:t:d',
        's6-rc-update': 'nv:t:l:f:b',
        's6-rc-format-upgrade': 'v:t:l:b',
    }[program]
    try:
        options, rest = getopt.getopt(sys.argv[1:], letters)
    except getopt.GetoptError as error:
        fail(100, f'unrecognized short option: {error.opt}')
    given = dict(options)
    if program != 's6-rc-update' and (code := injected()) is not None:
        fail(code, 'as the test wants')
    if program == 's6-rc-compile':
        compile_database(rest[0], rest[1:])
    elif program == 's6-rc-init':
        init(given['-c'], given['-l'], rest[0], given.get('-p', ''))
    elif program == 's6-rc-update':
        path = os.path.join(controls or '/', program)
        if os.path.exists(path) and read(path).strip() in ('3', '4', '5', '6', '111'):
            fail(injected(), 'refused')
        sys.exit(update(given['-l'], rest[0]))
    elif program == 's6-rc-format-upgrade':
        live = given['-l']
        os.remove(os.path.join(live, 'compiled'))
        os.symlink(rest[0], os.path.join(live, 'compiled'))
    elif not rest:
        fail(100, 'wrong usage')
    elif rest[0] == 'help':
        print('s6-rc (a stand-in)')
    elif rest[0] == 'list':
        live = Live(given['-l'])
        selected = live.resolve(rest[1:]) | (live.state if '-a' in given else set())
        if '-d' in given:
            selected = set(live.database['services']) - selected
        print(''.join(f'{name}\n' for name in sorted(selected)), end='')
    elif rest[0] == 'change':
        live = Live(given['-l'])
        up = '-d' not in given and '-D' not in given
        sys.exit(live.change(live.resolve(rest[1:]), up, '-D' in given))
    else:
        fail(100, 'wrong usage')


main()
