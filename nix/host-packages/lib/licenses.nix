# The licenses that `meta.license` most often names. Identifiers are SPDX's.
let
  license = spdxId: {
    inherit spdxId;
    fullName = spdxId;
    shortName = spdxId;
    free = true;
    deprecated = false;
    redistributable = true;
  };
  unfree = shortName: {
    inherit shortName;
    fullName = shortName;
    free = false;
    deprecated = false;
    redistributable = false;
  };
in
builtins.mapAttrs (_: license) {
  agpl3 = "AGPL-3.0";
  agpl3Only = "AGPL-3.0-only";
  agpl3Plus = "AGPL-3.0-or-later";
  artistic1 = "Artistic-1.0";
  artistic2 = "Artistic-2.0";
  asl20 = "Apache-2.0";
  boost = "BSL-1.0";
  bsd0 = "0BSD";
  bsd2 = "BSD-2-Clause";
  bsd3 = "BSD-3-Clause";
  bsdOriginal = "BSD-4-Clause";
  cc0 = "CC0-1.0";
  cc-by-40 = "CC-BY-4.0";
  cc-by-sa-40 = "CC-BY-SA-4.0";
  cddl = "CDDL-1.0";
  epl10 = "EPL-1.0";
  epl20 = "EPL-2.0";
  eupl12 = "EUPL-1.2";
  free = "LicenseRef-free";
  gpl1 = "GPL-1.0";
  gpl1Plus = "GPL-1.0-or-later";
  gpl2 = "GPL-2.0";
  gpl2Only = "GPL-2.0-only";
  gpl2Plus = "GPL-2.0-or-later";
  gpl3 = "GPL-3.0";
  gpl3Only = "GPL-3.0-only";
  gpl3Plus = "GPL-3.0-or-later";
  isc = "ISC";
  lgpl2 = "LGPL-2.0";
  lgpl2Plus = "LGPL-2.0-or-later";
  lgpl21 = "LGPL-2.1";
  lgpl21Only = "LGPL-2.1-only";
  lgpl21Plus = "LGPL-2.1-or-later";
  lgpl3 = "LGPL-3.0";
  lgpl3Only = "LGPL-3.0-only";
  lgpl3Plus = "LGPL-3.0-or-later";
  mit = "MIT";
  mpl11 = "MPL-1.1";
  mpl20 = "MPL-2.0";
  ncsa = "NCSA";
  openssl = "OpenSSL";
  php301 = "PHP-3.01";
  postgresql = "PostgreSQL";
  psfl = "Python-2.0";
  publicDomain = "LicenseRef-public-domain";
  ruby = "Ruby";
  unlicense = "Unlicense";
  wtfpl = "WTFPL";
  zlib = "Zlib";
  zpl21 = "ZPL-2.1";
}
// builtins.mapAttrs (_: unfree) {
  unfree = "unfree";
  unfreeRedistributable = "unfreeRedistributable";
  sspl = "SSPL-1.0";
}
