// libwabt behind one C function: the only C++ of the project. Written for libwabt 1.0.32; the
// flags that a newer one has are found in its own feature table.
#include <cstdio>
#include <cstring>
#include <string>

#include <wabt/binary-reader-ir.h>
#include <wabt/binary-reader.h>
#include <wabt/error.h>
#include <wabt/feature.h>
#include <wabt/ir.h>
#include <wabt/validator.h>

extern "C" {
#include "pkg/wasm/wasm.h"
}

namespace
{

struct Switch {
    const char *flag;
    void (wabt::Features::*set)(bool);
};

const Switch kSwitches[] = {
#define WABT_FEATURE(variable, flag, default_, help)                                               \
    {flag, &wabt::Features::set_##variable##_enabled},
#include <wabt/feature.def>
#undef WABT_FEATURE
};

// Which of libwabt's flags a feature needs, and the flag by which a version shows that it reads
// it (exnref and 64-bit tables came shortly before or with custom page sizes, in 1.0.37). Features
// without a row are never judged: of gc and typed references no version validates enough (4 of
// 165 modules of the specification's test suite, 1.0.32 and 1.0.39).
const struct Row {
    wasm_feature feature;
    const char *flag, *since;
} kRows[] = {
    {WASM_FEATURE_MUTABLE_GLOBALS, "mutable-globals", nullptr},
    {WASM_FEATURE_SIGN_EXT, "sign-extension", nullptr},
    {WASM_FEATURE_NONTRAPPING_FPTOINT, "saturating-float-to-int", nullptr},
    {WASM_FEATURE_MULTIVALUE, "multi-value", nullptr},
    {WASM_FEATURE_BULK_MEMORY_OPT, "bulk-memory", nullptr},
    {WASM_FEATURE_BULK_MEMORY, "bulk-memory", nullptr},
    {WASM_FEATURE_CALL_INDIRECT_OVERLONG, "reference-types", nullptr},
    {WASM_FEATURE_REFERENCE_TYPES, "reference-types", nullptr},
    {WASM_FEATURE_SIMD128, "simd", nullptr},
    {WASM_FEATURE_RELAXED_SIMD, "relaxed-simd", nullptr},
    {WASM_FEATURE_TAIL_CALL, "tail-call", nullptr},
    {WASM_FEATURE_EXTENDED_CONST, "extended-const", nullptr},
    {WASM_FEATURE_ATOMICS, "threads", nullptr},
    {WASM_FEATURE_EXCEPTION_HANDLING, "exceptions", nullptr},
    {WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, "exceptions", nullptr},
    {WASM_FEATURE_EXNREF, "exceptions", "custom-page-sizes"},
    {WASM_FEATURE_MULTIMEMORY, "multi-memory", nullptr},
    {WASM_FEATURE_MEMORY64, "memory64", nullptr},
    {WASM_FEATURE_TABLE64, "memory64", "custom-page-sizes"},
    {WASM_FEATURE_CUSTOM_PAGE_SIZES, "custom-page-sizes", nullptr},
    {WASM_FEATURE_WIDE_ARITHMETIC, "wide-arithmetic", nullptr},
    {WASM_FEATURE_COMPACT_IMPORTS, "compact-imports", nullptr},
    {WASM_FEATURE_BRANCH_HINTING, nullptr, nullptr},     // a custom section
    {WASM_FEATURE_JS_STRING_BUILTINS, nullptr, nullptr}, // imports like others
};

const Switch *FindSwitch(const char *flag)
{
    for (const Switch &candidate : kSwitches)
        if (strcmp(candidate.flag, flag) == 0)
            return &candidate;
    return nullptr;
}

const Row *FindRow(wasm_feature feature)
{
    for (const Row &row : kRows)
        if (row.feature == feature)
            return &row;
    return nullptr;
}

bool Turn(wabt::Features *features, const char *flag, bool on)
{
    const Switch *found = FindSwitch(flag);
    if (found)
        (features->*found->set)(on);
    return found != nullptr;
}

bool Enable(wabt::Features *features, wasm_feature feature)
{
    const Row *row = FindRow(feature);
    if (!row || (row->since && !FindSwitch(row->since)))
        return false;
    // What libwabt takes back or refuses while the other is off.
    for (const char *dependent : {"reference-types", "exceptions", "multi-memory"})
        if (row->flag && strcmp(row->flag, dependent) == 0)
            Turn(features, "bulk-memory", true);
    if (row->flag && strcmp(row->flag, "relaxed-simd") == 0)
        Turn(features, "simd", true);
    return !row->flag || Turn(features, row->flag, true);
}

// The features that stay off make `unread`: their ids, with commas.
std::string EnableAll(wabt::Features *features, uint64_t mask)
{
    std::string unread;
    for (const Switch &each : kSwitches)
        (features->*each.set)(false);
    for (int i = 0; i < WASM_FEATURE_COUNT; i++) {
        wasm_feature feature = static_cast<wasm_feature>(i);
        if (!(mask & wasm_feature_bit(feature)) || Enable(features, feature))
            continue;
        unread += unread.empty() ? "" : ", ";
        unread += wasm_features[i].id;
    }
    return unread;
}

std::string FirstError(const wabt::Errors &errors)
{
    for (const wabt::Error &error : errors) {
        if (error.error_level != wabt::ErrorLevel::Error)
            continue;
        size_t offset = error.loc.offset;
        return "at offset " + std::to_string(offset) + ": " + error.message;
    }
    return "no reason given";
}

// What 1.0.32 says of valid modules that it does not understand: element segments may take any
// constant expression (elem.wast of the test suite).
bool IsLimit(const std::string &message)
{
    return message.find("expected ref.null or ref.func in passive element segment") !=
           std::string::npos;
}

// 0 valid, 1 invalid, 2 not judged; for the latter two `message` says why. Of some element segments
// libwabt says that it does not understand them, goes on and calls the module valid.
int Validate(const uint8_t *data, size_t size, const wabt::Features &features, std::string *message)
{
    wabt::Errors errors;
    wabt::Module module;
    // Names are no part of validity, nor are custom sections.
    wabt::ReadBinaryOptions options(features, nullptr, false, true, false);
    bool valid =
        wabt::Succeeded(wabt::ReadBinaryIr("module", data, size, options, &errors, &module)) &&
        wabt::Succeeded(wabt::ValidateModule(&module, &errors, wabt::ValidateOptions(features)));
    *message = FirstError(errors);
    return IsLimit(*message) ? 2 : valid ? 0 : 1;
}

} // namespace

extern "C" int wasm_wabt_validate(const uint8_t *data, size_t size, uint64_t mask, char *message,
                                  size_t message_size)
{
    wabt::Features features;
    std::string text = EnableAll(&features, mask);
    if (!text.empty()) {
        snprintf(message, message_size, "libwabt cannot read %s", text.c_str());
        return 2;
    }
    int verdict = Validate(data, size, features, &text);
    snprintf(message, message_size, "%s", text.c_str());
    return verdict;
}
