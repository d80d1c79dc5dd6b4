/* A world written in WIT, as types: the component toolchain's own encoder is run, so that no WIT
   has to be parsed here. Knows nothing of platforms. */
#ifndef PKG_WIT_WIT_H
#define PKG_WIT_WIT_H

#include "pkg/base/bytes.h"

struct arena;
struct component_world;
struct world;

/* The world `name` of the WIT package in `folder` (a folder, or one file). `tool` becomes what
   encoded it: "wasm-tools" or "jco". FAULT_INPUT when neither is found in PATH (the hint says what
   to install), when the folder does not exist, or when the tool refuses the WIT: its own words. */
int wit_encode(struct arena *, const struct world *, const char *folder, const char *name,
               struct component_world *out, const char **tool, struct error *) MUST_CHECK;

#endif
