export fn sum(bytes: [*]const u8, size: usize) u32 {
    var total: u32 = 0;
    for (bytes[0..size]) |byte| total +%= byte;
    return total;
}
export fn move(to: [*]u8, from: [*]const u8, size: usize) void {
    @memcpy(to[0..size], from[0..size]);
}
export fn truncate(x: f64) i32 {
    return @intFromFloat(x);
}
