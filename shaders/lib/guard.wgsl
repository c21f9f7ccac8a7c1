// In a guarded program every kernel begins with `if (stopped()) { return; }`. The return is uniform, and therefore
// allowed before a barrier: it depends on read-only storage at a constant index. Only the router writes the guard.
#if GUARD
@group(0) @binding({BINDING}) var<storage, read> guard: array<u32>; // [1]: 0, or the number of the router that missed

fn stopped() -> bool { return guard[0] != 0u; }
#else
fn stopped() -> bool { return false; }
#endif
