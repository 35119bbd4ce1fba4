//! The compute pipelines that resize a [`Batch`]: two passes, vertical first, for 8-bit and for 16-bit samples. Their programs
//! are in the `.wgsl` files beside this one.

use super::batch::Batch;
use crate::engine::pixels::light;

/// The kernels of 8-bit samples.
pub(super) const NARROW: &str = concat!(include_str!("common.wgsl"), include_str!("narrow.wgsl"));
/// The kernels of 16-bit samples.
pub(super) const WIDE: &str = concat!(include_str!("common.wgsl"), include_str!("wide.wgsl"));

/// Bytes of the curves: a word for the light of each 8-bit sample, a byte for the sample of each light.
const CURVES: usize = 256 * 4 + 65_536;

/// The pipelines, and the curves that all of them read.
pub(super) struct Kernels {
    layout: wgpu::BindGroupLayout,
    narrow: Passes,
    wide: Passes,
    curves: wgpu::Buffer,
}

struct Passes {
    down: wgpu::ComputePipeline,
    across: wgpu::ComputePipeline,
}

/// The buffers of a submission, all of usage `STORAGE`; none larger than what a binding may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buffers<'a> {
    /// Padded source rows, where [`Batch::source`] says.
    pub(super) source: &'a wgpu::Buffer,
    /// Between the passes; what is in it does not matter.
    pub(super) middle: &'a wgpu::Buffer,
    /// For the results, [`Batch::out_bytes`] of it.
    pub(super) out: &'a wgpu::Buffer,
    /// Begins with [`Batch::tables`].
    pub(super) tables: &'a wgpu::Buffer,
}

impl Kernels {
    /// For this device; compiles the programs, which takes some tens of milliseconds. Mistakes and lost devices come out as
    /// wgpu says them: in error scopes, or as panics.
    pub(super) fn new(device: &wgpu::Device) -> Self {
        Self::of(device, NARROW, WIDE)
    }

    /// As [`new`](Self::new), from programs like [`NARROW`] and [`WIDE`].
    pub(super) fn of(device: &wgpu::Device, narrow: &str, wide: &str) -> Self {
        let is_written = [false, true, true, false, false];
        let entries: Vec<wgpu::BindGroupLayoutEntry> = (0..)
            .zip(is_written)
            .map(|(binding, is_written)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Storage { read_only: !is_written },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("resize"),
            entries: &entries,
        });
        let of_pipelines = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("resize"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let passes = |name: &str, program: &str| {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(name),
                source: wgpu::ShaderSource::Wgsl(program.into()),
            });
            let pass = |entry_point: &str| {
                device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some(&format!("{name}, {entry_point}")),
                    layout: Some(&of_pipelines),
                    module: &module,
                    entry_point: Some(entry_point),
                    compilation_options: wgpu::PipelineCompilationOptions {
                        // Nothing is read that was not written before.
                        zero_initialize_workgroup_memory: false,
                        ..Default::default()
                    },
                    cache: None,
                })
            };
            Passes {
                down: pass("down"),
                across: pass("across"),
            }
        };
        Self {
            narrow: passes("8-bit samples", narrow),
            wide: passes("16-bit samples", wide),
            curves: curves(device),
            layout,
        }
    }

    /// The kernels' view of these buffers; good for any number of submissions.
    pub(super) fn bind(&self, device: &wgpu::Device, buffers: Buffers<'_>) -> wgpu::BindGroup {
        let bound = [buffers.source, buffers.middle, buffers.out, buffers.tables, &self.curves];
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip(bound)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("resize"),
            layout: &self.layout,
            entries: &entries,
        })
    }

    /// Both passes over a batch whose tables and source rows are in the bound buffers by the time they run.
    pub(super) fn encode(&self, encoder: &mut wgpu::CommandEncoder, bound: &wgpu::BindGroup, batch: &Batch) {
        if batch.is_empty() {
            return;
        }
        let passes = if batch.is_wide() { &self.wide } else { &self.narrow };
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("resize"),
            timestamp_writes: None,
        });
        pass.set_bind_group(0, bound, &[]);
        for (pipeline, [x, y, z]) in [(&passes.down, batch.down_groups()), (&passes.across, batch.across_groups())] {
            pass.set_pipeline(pipeline);
            pass.dispatch_workgroups(x, y, z);
        }
    }
}

/// The curves of linear light: the very tables of the processor's kernel.
fn curves(device: &wgpu::Device) -> wgpu::Buffer {
    let lights = (0..=u8::MAX).flat_map(|sample| u32::from(light::to_linear(sample)).to_le_bytes());
    let samples = (0..=u16::MAX).map(light::to_srgb);
    let bytes: Vec<u8> = lights.chain(samples).collect();
    debug_assert_eq!(bytes.len(), CURVES);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("curves"),
        size: CURVES as u64,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: true,
    });
    // Without a mapping the device is lost, and whatever is asked of it next says so.
    if let Ok(mut mapped) = buffer.get_mapped_range_mut(..) {
        mapped.copy_from_slice(&bytes);
    }
    buffer.unmap();
    buffer
}
