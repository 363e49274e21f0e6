// Calls a shader's `element` with each index below its constant `count`; the host lays the workgroups out by `flat`.
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  if (index < count) {
    element(index);
  }
}
