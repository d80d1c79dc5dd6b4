/* Would the runtime start with these modules? It compiles every wasm part and resolves every
   import as it starts; here the parts are scanned and compared with the platform's own profile. */
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "pkg/base/error.h"
#include "pkg/compat/profile.h"
#include "pkg/wasm/wasm.h"
#include "platforms/cloudflare/sandbox_call.h"

/* Contract section 7: the words of workerd around V8's reason. */
#define COMPILE_ERROR "Uncaught CompileError: WasmModuleObject::Compile(): "

static bool is_wasm(const struct sandbox_part *part)
{
    return part->media_type && strncasecmp(part->media_type, "application/wasm", 16) == 0;
}

/* The header, in V8's words. */
static const char *header_problem(struct arena *arena, struct bytes body)
{
    static const uint8_t magic[4] = {0, 'a', 's', 'm'}, version[4] = {1, 0, 0, 0};
    const uint8_t *at = body.data;
    if (body.size < 8)
        return arena_printf(arena, COMPILE_ERROR "BufferSource argument is too short @+0");
    if (memcmp(at, magic, 4) != 0)
        return arena_printf(arena,
                            COMPILE_ERROR "expected magic word 00 61 73 6d, found "
                                          "%02x %02x %02x %02x @+0",
                            at[0], at[1], at[2], at[3]);
    if (memcmp(at + 4, version, 4) != 0)
        return arena_printf(arena,
                            COMPILE_ERROR "expected version 01 00 00 00, found "
                                          "%02x %02x %02x %02x @+4",
                            at[4], at[5], at[6], at[7]);
    return NULL;
}

static const char *feature_problem(struct arena *arena, const struct profile *profile,
                                   const struct wasm_info *info)
{
    for (size_t i = 0; i < info->use_count; i++) {
        const struct wasm_use *use = &info->uses[i];
        if (profile->features[use->feature].support != SUPPORT_NO)
            continue;
        const char *place =
            use->function == WASM_NO_FUNCTION
                ? ""
                : arena_printf(arena, "Compiling function #%u failed: ", (unsigned)use->function);
        return arena_printf(arena, COMPILE_ERROR "%sinvalid %s, enable with %s @+%zu", place,
                            use->instruction, wasm_features[use->feature].id, use->offset);
    }
    return NULL;
}

static int read_profile(struct call *call, const struct upload *upload, struct profile *profile)
{
    struct error error;
    const char *text = sandbox_profile(call->sandbox, WORKERS_PREFIX);
    const char *date = json_find_string(upload->metadata, "compatibility_date", "2021-11-02");
    if (!text || !text[0])
        return -1;
    if (profile_parse(call->arena, text, "profile", date, profile, &error) == 0)
        return 0;
    return profile_parse(call->arena, text, "profile", NULL, profile, &error);
}

static const char *part_problem(struct call *call, const struct profile *profile, struct bytes body)
{
    struct wasm_info info;
    struct error error = {0};
    const char *problem = header_problem(call->arena, body);
    if (problem)
        return problem;
    if (wasm_scan(call->arena, body, WASM_VALIDATION, &info, &error) != 0)
        return arena_printf(call->arena, COMPILE_ERROR "%s", error.message);
    return profile ? feature_problem(call->arena, profile, &info) : NULL;
}

const char *workers_startup_problem(struct call *call, const struct upload *upload)
{
    struct profile profile;
    bool known = read_profile(call, upload, &profile) == 0;
    for (size_t i = 0; i < upload->count; i++) {
        const struct sandbox_part *part = &upload->parts[i];
        const char *problem =
            is_wasm(part) ? part_problem(call, known ? &profile : NULL, part->body) : NULL;
        if (problem)
            return arena_printf(call->arena, "%s\n  at %s\n", problem, upload->main->name);
    }
    return NULL;
}
