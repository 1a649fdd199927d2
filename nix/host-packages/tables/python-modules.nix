# nixpkgs' names of Python packages: the module that shows that the host's Python has it, and the Debian package that
# brings it. Modules that the host has are packages under their own names too (../python.nix).
builtins.mapAttrs
  (_: entry: {
    module = builtins.elemAt entry 0;
    debian = builtins.elemAt entry 1;
  })
  {
    aiohttp = [ "aiohttp" "python3-aiohttp" ];
    beautifulsoup4 = [ "bs4" "python3-bs4" ];
    bottle = [ "bottle.py" "python3-bottle" ];
    click = [ "click" "python3-click" ];
    cryptography = [ "cryptography" "python3-cryptography" ];
    dateutil = [ "dateutil" "python3-dateutil" ];
    dbus-python = [ "dbus" "python3-dbus" ];
    django = [ "django" "python3-django" ];
    fastapi = [ "fastapi" "python3-fastapi" ];
    flask = [ "flask" "python3-flask" ];
    gevent = [ "gevent" "python3-gevent" ];
    gunicorn = [ "gunicorn" "python3-gunicorn" ];
    jinja2 = [ "jinja2" "python3-jinja2" ];
    lxml = [ "lxml" "python3-lxml" ];
    mysqlclient = [ "MySQLdb" "python3-mysqldb" ];
    numpy = [ "numpy" "python3-numpy" ];
    psutil = [ "psutil" "python3-psutil" ];
    psycopg2 = [ "psycopg2" "python3-psycopg2" ];
    pymysql = [ "pymysql" "python3-pymysql" ];
    pyopenssl = [ "OpenSSL" "python3-openssl" ];
    pyyaml = [ "yaml" "python3-yaml" ];
    redis = [ "redis" "python3-redis" ];
    requests = [ "requests" "python3-requests" ];
    setproctitle = [ "setproctitle" "python3-setproctitle" ];
    setuptools = [ "setuptools" "python3-setuptools" ];
    six = [ "six.py" "python3-six" ];
    sqlalchemy = [ "sqlalchemy" "python3-sqlalchemy" ];
    tornado = [ "tornado" "python3-tornado" ];
    twisted = [ "twisted" "python3-twisted" ];
    uvicorn = [ "uvicorn" "python3-uvicorn" ];
    waitress = [ "waitress" "python3-waitress" ];
    werkzeug = [ "werkzeug" "python3-werkzeug" ];
  }
