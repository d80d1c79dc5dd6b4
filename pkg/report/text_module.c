/* What inspect says: what a module is. */
#include <inttypes.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "pkg/report/text.h"
#include "pkg/report/words.h"

enum {
    LONGEST_NAME = 60,
    MOST_SHOWN = 200, /* rows of one list; JSON has them all */
};

static bool is_released(const char *spec)
{
    return spec[0] >= '0' && spec[0] <= '9';
}

/* The features that are in no version of WebAssembly, by name; a component is said to be one. */
static const char *unreleased(struct arena *arena, const struct wasm_info *info)
{
    const char *text = "";
    for (size_t i = 0; i < info->use_count; i++) {
        const struct wasm_feature_row *row = &wasm_features[info->uses[i].feature];
        if (!is_released(row->spec) && info->uses[i].feature != WASM_FEATURE_COMPONENT_MODEL)
            text = arena_printf(arena, "%s%s%s", text, *text ? ", " : " with ", row->id);
    }
    return text;
}

const char *text_spec(struct arena *arena, const struct wasm_info *info)
{
    const char *version = "1.0";
    for (size_t i = 0; i < info->use_count; i++) {
        const char *spec = wasm_features[info->uses[i].feature].spec;
        if (is_released(spec) && strcmp(spec, version) > 0)
            version = spec;
    }
    return arena_printf(arena, "WebAssembly %s%s", version, unreleased(arena, info));
}

static void print_head(struct printer *printer, const struct report_module *module)
{
    struct arena *arena = printer->arena;
    char sha256[65];
    digest_sha256(module->bytes, sha256);
    print_in(printer, BOLD, module->path);
    print_line(printer);
    print_wrapped(printer, 2,
                  arena_printf(arena, "%s, %s, %s", words_kind(module->info),
                               text_spec(arena, module->info),
                               print_bytes(arena, module->bytes.size)));
    if (module->gzip_bytes)
        print_wrapped(
            printer, 2,
            arena_printf(arena, "compressed %s%s%s", print_bytes(arena, module->gzip_bytes),
                         module->brotli_bytes ? ", with brotli " : "",
                         module->brotli_bytes ? print_bytes(arena, module->brotli_bytes) : ""));
    print_wrapped(printer, 2, arena_printf(arena, "sha256 %s", sha256));
    if (module->info->validity == WASM_NOT_JUDGED)
        print_wrapped(printer, 2, wasm_validity_text(arena, module->info));
}

/* Where a feature is from. */
static const char *describe_spec(struct arena *arena, const char *spec)
{
    if (strcmp(spec, "proposal") == 0)
        return "a proposal";
    return strcmp(spec, "legacy") == 0 ? "never standardised"
                                       : arena_printf(arena, "WebAssembly %s", spec);
}

/* "3 instructions", "data count section", "2 x v128". */
static const char *describe_way(struct arena *arena, const struct wasm_way *way)
{
    const char *count = print_number(arena, way->count);
    if (!way->what)
        return print_count(arena, (size_t)way->count, "instruction");
    return way->count == 1 ? way->what : arena_printf(arena, "%s x %s", count, way->what);
}

/* "4 uses: 2 instructions, data count section, passive data segment"; the ways only where there
   are several. */
static const char *describe_uses(struct arena *arena, const struct wasm_use *use)
{
    const char *text = print_count(arena, (size_t)use->count, "use");
    const struct wasm_way *way = use->ways && use->ways->next ? use->ways : NULL;
    for (const char *between = ": "; way; way = way->next, between = ", ")
        text = arena_printf(arena, "%s%s%s", text, between, describe_way(arena, way));
    return text;
}

static const char *describe_use(struct arena *arena, const struct wasm_use *use)
{
    const char *what = use->instruction ? use->instruction : wasm_reason_name(use->reason);
    const char *function = "";
    if (use->function != WASM_NO_FUNCTION)
        function = arena_printf(arena, ", function %lu", (unsigned long)use->function);
    if (use->function_name)
        function = arena_printf(arena, "%s '%s'", function, use->function_name);
    if (use->source.file)
        function = arena_printf(arena, "%s at %s:%lu", function, use->source.file,
                                (unsigned long)use->source.line);
    const char *first = use->ahead.what  ? "; the first in code"
                        : use->count > 1 ? "; the first"
                                         : "";
    return arena_printf(arena, "%s%s: %s%s, offset %zu", describe_uses(arena, use), first, what,
                        function, use->offset);
}

static void print_feature(struct printer *printer, const struct wasm_use *use)
{
    const struct wasm_feature_row *row = &wasm_features[use->feature];
    print_column(printer, 2);
    print_in(printer, PLAIN, row->id);
    print_column(printer, 29);
    print_wrapped(printer, 29,
                  arena_printf(printer->arena, "%s, %s", row->title,
                               describe_spec(printer->arena, row->spec)));
    print_column(printer, 4);
    print_wrapped(printer, 4, describe_use(printer->arena, use));
}

static void print_features(struct printer *printer, const struct wasm_info *info)
{
    print_heading(printer, "features", info->use_count);
    if (info->use_count == 0)
        print_wrapped(printer, 2, "none beyond the first WebAssembly (MVP)");
    for (size_t i = 0; i < info->use_count; i++)
        print_feature(printer, &info->uses[i]);
    const char *declared = "";
    for (size_t i = 0; i < info->declared_feature_count && i < MOST_SHOWN; i++)
        declared = arena_printf(printer->arena, "%s %s", declared, info->declared_features[i]);
    if (*declared)
        print_wrapped(
            printer, 2,
            arena_printf(printer->arena, "declared by the compiler, a hint only:%s", declared));
}

static size_t wider(size_t column, const char *name)
{
    size_t end = 4 + print_width(name) + 2;
    return end > column && end <= 36 ? end : column;
}

/* `column` is where the kind stands, unless the name is longer. */
static void print_extern(struct printer *printer, size_t indent, size_t column, const char *name,
                         enum wasm_extern kind, const char *type)
{
    print_column(printer, indent);
    print_in(printer, PLAIN, print_fit(printer, name, LONGEST_NAME));
    print_column(printer, column);
    print_in(printer, DIM, wasm_extern_name(kind));
    print_column(printer, column + 7);
    print_wrapped(printer, column + 7, type ? type : "");
}

/* Imports come grouped as they stand; a module named again later starts a new group. */
static void print_imports(struct printer *printer, const struct wasm_info *info)
{
    const char *group = NULL;
    size_t column = 16;
    if (info->import_count == 0)
        return;
    print_heading(printer, "imports", info->import_count);
    for (size_t i = 0; i < info->import_count && i < MOST_SHOWN; i++)
        column = wider(column, info->imports[i].name);
    for (size_t i = 0; i < info->import_count && i < MOST_SHOWN; i++) {
        const struct wasm_import *import = &info->imports[i];
        if (!group || strcmp(group, import->module) != 0) {
            group = import->module;
            print_column(printer, 2);
            print_in(printer, PLAIN, *group ? group : "(no name)");
            print_line(printer);
        }
        print_extern(printer, 4, column, import->name, import->kind, import->type);
    }
    print_rest(printer, info->import_count, MOST_SHOWN);
}

static void print_exports(struct printer *printer, const struct wasm_info *info)
{
    size_t column = 16;
    if (info->export_count == 0)
        return;
    print_heading(printer, "exports", info->export_count);
    for (size_t i = 0; i < info->export_count && i < MOST_SHOWN; i++)
        column = wider(column, wasm_export_name(printer->arena, &info->exports[i]));
    for (size_t i = 0; i < info->export_count && i < MOST_SHOWN; i++)
        print_extern(printer, 2, column, wasm_export_name(printer->arena, &info->exports[i]),
                     info->exports[i].kind, info->exports[i].type);
    print_rest(printer, info->export_count, MOST_SHOWN);
}

static const char *describe_memory(struct arena *arena, const struct wasm_memory *memory)
{
    const char *most = memory->has_max ? print_number(arena, memory->max_pages) : "any number of";
    const char *pages =
        memory->page_size == 65536
            ? "pages"
            : arena_printf(arena, "pages of %s bytes", print_number(arena, memory->page_size));
    const char *size = memory->min_pages < UINT64_C(1) << 32 && memory->page_size <= 65536
                           ? print_bytes(arena, memory->min_pages * memory->page_size)
                           : "more than can be addressed";
    return arena_printf(arena, "%s to %s %s, initially %s%s%s%s",
                        print_number(arena, memory->min_pages), most, pages, size,
                        memory->shared ? ", shared" : "", memory->is_64 ? ", 64-bit" : "",
                        memory->imported ? ", imported" : "");
}

static void print_memories(struct printer *printer, const struct wasm_info *info)
{
    if (info->memory_count == 0)
        return;
    print_heading(printer, "memories", info->memory_count);
    for (size_t i = 0; i < info->memory_count && i < MOST_SHOWN; i++)
        print_wrapped(printer, 2, describe_memory(printer->arena, &info->memories[i]));
    print_rest(printer, info->memory_count, MOST_SHOWN);
}

static void print_sections(struct printer *printer, const struct wasm_info *info)
{
    if (info->section_count == 0)
        return;
    print_heading(printer, "sections, in bytes", info->section_count);
    for (size_t i = 0; i < info->section_count && i < MOST_SHOWN; i++) {
        const struct wasm_section *section = &info->sections[i];
        const char *size = print_number(printer->arena, section->size);
        print_column(printer, 2);
        print_in(printer, PLAIN, print_fit(printer, section->name, 30));
        print_column(printer, 46 - print_width(size));
        print_in(printer, PLAIN, size);
        print_in(printer, DIM, section->custom ? "  custom" : "");
        print_line(printer);
    }
    print_rest(printer, info->section_count, MOST_SHOWN);
}

static void print_producers(struct printer *printer, const struct wasm_info *info)
{
    if (info->producer_count)
        print_heading(printer, "producers", 0);
    for (size_t i = 0; i < info->producer_count && i < MOST_SHOWN; i++) {
        const struct wasm_producer *producer = &info->producers[i];
        const char *version = producer->version ? producer->version : "";
        print_column(printer, 2);
        print_in(printer, DIM, producer->field);
        print_column(printer, 18);
        print_wrapped(
            printer, 18,
            arena_printf(printer->arena, "%s%s%s", producer->name, *version ? " " : "", version));
    }
}

/* Why there are no lines below, where there could be. */
static void print_debug(struct printer *printer, const struct report *report,
                        const struct report_module *module)
{
    const char *note = report_debug_note(printer->arena, module->info);
    if (note && report_misses_lines(report, module))
        print_wrapped(printer, 2, note);
}

static void text_proofs(struct printer *printer, const struct report_module *module)
{
    if (module->proof_count == 0)
        return;
    print_line(printer);
    print_in(printer, BOLD, "tried in the runtimes found here");
    print_line(printer);
    for (size_t i = 0; i < module->proof_count; i++) {
        print_column(printer, 2);
        print_wrapped(printer, 4, words_proof(printer->arena, &module->proofs[i]));
    }
}

void text_module(struct printer *printer, const struct report *report,
                 const struct report_module *module)
{
    const struct wasm_info *info = module->info;
    print_head(printer, module);
    print_debug(printer, report, module);
    if (module->context)
        text_companions(printer, module->context);
    if (info->component)
        text_worlds(printer, module);
    print_features(printer, info);
    if (info->component)
        text_component(printer, module);
    print_imports(printer, info);
    print_exports(printer, info);
    print_memories(printer, info);
    if (report->with_sizes || info->section_count <= 24)
        print_sections(printer, info);
    text_sizes(printer, module);
    print_producers(printer, info);
    text_proofs(printer, module);
}

void text_summary(struct printer *printer, const struct report *report,
                  const struct report_module *module)
{
    struct arena *arena = printer->arena;
    const char *features = "";
    char sha256[65];
    digest_sha256(module->bytes, sha256);
    for (size_t i = 0; i < module->info->use_count; i++)
        features = arena_printf(arena, "%s%s%s", features, i ? ", " : "",
                                wasm_features[module->info->uses[i].feature].id);
    print_in(printer, BOLD, arena_printf(arena, "%s:", module->path));
    print_wrapped(printer, 2,
                  arena_printf(arena, "%s, %s, %s; features: %s", words_kind(module->info),
                               text_spec(arena, module->info),
                               print_bytes(arena, module->bytes.size),
                               *features ? features : "none beyond the MVP"));
    print_debug(printer, report, module);
    print_wrapped(printer, 2, arena_printf(arena, "sha256 %s", sha256));
    text_sizes(printer, module);
    if (module->context)
        text_wit(printer, module->context);
}
