/* The zip: what Lambda checks as it comes, and what would only show when the function starts. */
#include <string.h>

#include "pkg/archive/archive.h"
#include "pkg/base/arena.h"
#include "pkg/compat/profile.h"
#include "pkg/wasm/wasm.h"
#include "platforms/lambda-edge/sandbox_parts.h"

/* Bytes; contract section 4. */
enum { ZIP_LIMIT = 52428800, UNZIPPED_LIMIT = 262144000 };

static int open_zip(struct arena *arena, struct bytes zip, struct archive_item **items,
                    size_t *count)
{
    struct error error;
    bool is_zip = zip.size > 4 && memcmp(zip.data, "PK\3\4", 4) == 0;
    return is_zip && archive_read(arena, zip, UNZIPPED_LIMIT, "zip", items, count, &error) == 0
               ? 0
               : -1;
}

/* The words, as quoted in the wild: inference. */
int aws_check_zip(struct call *call, struct bytes zip)
{
    struct archive_item *items;
    size_t count;
    if (zip.size == 0)
        return aws_refuse(call, 400, "InvalidParameterValueException",
                          "Uploaded file must be a non-empty zip");
    if (zip.size > ZIP_LIMIT)
        return aws_refuse(call, 413, "RequestTooLargeException",
                          "Zipped size must be smaller than %d bytes", ZIP_LIMIT);
    if (open_zip(call->arena, zip, &items, &count) != 0)
        return aws_refuse(call, 400, "InvalidParameterValueException",
                          "Could not unzip uploaded file. Please check your file, then try to "
                          "upload again.");
    return 0;
}

/* The file that holds a handler: "index.handler" is index.mjs, index.js or index.cjs. */
static bool has_handler(struct arena *arena, const char *handler, const struct archive_item *items,
                        size_t count)
{
    static const char *const endings[] = {"mjs", "js", "cjs"};
    const char *dot = strrchr(handler, '.');
    int size = dot ? (int)(dot - handler) : (int)strlen(handler);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof endings / sizeof *endings; j++)
            if (strcmp(items[i].path, arena_printf(arena, "%.*s.%s", size, handler, endings[j])) ==
                0)
                return true;
    return false;
}

/* V8's words (evidence of the probes: lambda-node.json). */
static const char *judge_module(struct arena *arena, const struct profile *profile,
                                struct bytes module)
{
    static const char start[] = "CompileError: WebAssembly.Module():";
    struct wasm_info info;
    struct error error;
    if (wasm_scan(arena, module, WASM_VALIDATION, &info, &error) != 0)
        return arena_printf(arena, "%s %s", start, error.message);
    if (info.kind == WASM_COMPONENT)
        return profile->component.support != SUPPORT_NO
                   ? NULL
                   : arena_printf(arena, "%s expected version 01 00 00 00, found 0d 00 01 00 @+4",
                                  start);
    for (size_t i = 0; i < info.use_count; i++)
        if (profile->features[info.uses[i].feature].support == SUPPORT_NO)
            return arena_printf(arena, "%s %s is not enabled @+%zu", start,
                                wasm_features[info.uses[i].feature].id, info.uses[i].offset);
    return NULL;
}

static bool is_module(const char *path)
{
    size_t size = strlen(path);
    return size > 5 && strcmp(path + size - 5, ".wasm") == 0;
}

/* Lambda itself takes such a zip and fails when the function starts; that the version becomes
   Failed with these words is inference: so that what the profile refuses never looks deployed. */
const char *aws_start_problem(struct call *call, const struct function *function)
{
    struct archive_item *items;
    struct bytes zip;
    struct profile profile;
    struct error error;
    size_t count;
    const char *runtime = json_find_string(function->configuration, "Runtime", "");
    const char *handler = json_find_string(function->configuration, "Handler", "");
    const char *text = sandbox_profile(call->sandbox, AWS_PREFIX);
    if (strncmp(runtime, "nodejs", 6) != 0)
        return NULL;
    if (sandbox_load_blob(call->sandbox, call->arena, aws_code_key(call->arena, function->name, 0),
                          &zip) != 0 ||
        open_zip(call->arena, zip, &items, &count) != 0 || !text ||
        profile_parse(call->arena, text, "profile.json", runtime, &profile, &error) != 0)
        return "the sandbox cannot read its state";
    if (!has_handler(call->arena, handler, items, count))
        return arena_printf(call->arena,
                            "Runtime.ImportModuleError: Error: Cannot find module '%.*s'",
                            (int)strcspn(handler, "."), handler);
    for (size_t i = 0; i < count; i++) {
        const char *problem =
            is_module(items[i].path) ? judge_module(call->arena, &profile, items[i].body) : NULL;
        if (problem)
            return problem;
    }
    return NULL;
}
