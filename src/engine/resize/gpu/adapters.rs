//! Which graphics cards there are, each once, and which to take. Asking loads the drivers, so whatever goes wrong in them is an
//! answer here, never a panic of the caller.
//!
//! What is the same card, which comes first and which a name means is decided over plain values, so that it can be tested with
//! machines that nobody has.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::engine::metrics::{Adapter, AdapterKind, adapters_called};

/// All of them, the most promising one first; none where a driver fails.
pub(in crate::engine::resize) fn adapters() -> Vec<Adapter> {
    match found() {
        Ok(cards) => cards.into_iter().map(|(card, _)| card.adapter).collect(),
        Err(error) => {
            tracing::warn!(%error, "graphics cards");
            Vec::new()
        }
    }
}

/// The adapter to take: the one that `name` means, or the most promising one; software ones only where `software` allows that.
///
/// # Errors
/// Why there is none, in words for a person: no sentence yet, without capital and full stop.
pub(super) fn choose(name: Option<&str>, software: bool) -> Result<(wgpu::Adapter, Adapter), NoAdapter> {
    let mut cards = found()?;
    let all: Vec<&Adapter> = cards.iter().map(|(card, _)| &card.adapter).collect();
    let at = pick(&all, name, software)?;
    let (card, adapter) = cards.swap_remove(at);
    Ok((adapter, card.adapter))
}

/// Why there is no adapter to take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAdapter {
    /// The machine has none, or no driver for it.
    #[error("no graphics card was found; where there is one, its driver may be missing")]
    None,
    /// None but the processor that poses as one.
    #[error("there is no graphics card, only software that poses as one ({}) and is slower than the processor itself", .0.join(", "))]
    OnlySoftware(Vec<String>),
    /// There are cards, but none of that name.
    #[error("no graphics card is called \"{name}\"; there is {}", .there.join(", "))]
    NoneCalled {
        /// What was asked for.
        name: String,
        /// The names there are.
        there: Vec<String>,
    },
    /// The one of that name is software.
    #[error("{0} is software that poses as a graphics card and slower than the processor itself; only --backend gpu takes it")]
    IsSoftware(String),
    /// The drivers could not be asked.
    #[error("a graphics driver failed while it was asked for its cards: {0}")]
    Driver(String),
}

/// A card as its driver tells of it, with what tells whether two are one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Card {
    adapter: Adapter,
    api: Api,
    /// Of the maker, and of the kind of card.
    vendor: u32,
    device: u32,
    /// Its place in the machine; empty where that is not told.
    bus: String,
}

/// How a card is spoken to; where it can be in more than one way, the first of these is taken: of drivers that die in device
/// creation most were told of for Vulkan on Windows, where DX12 is the system's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Api {
    Dx12,
    Metal,
    Vulkan,
    Other,
}

impl Card {
    fn of(adapter: &wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
            wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
            wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
            wgpu::DeviceType::Cpu => AdapterKind::Software,
            wgpu::DeviceType::Other => AdapterKind::Other,
        };
        let (api, spoken) = match info.backend {
            wgpu::Backend::Dx12 => (Api::Dx12, "DX12"),
            wgpu::Backend::Metal => (Api::Metal, "Metal"),
            wgpu::Backend::Vulkan => (Api::Vulkan, "Vulkan"),
            wgpu::Backend::Gl => (Api::Other, "OpenGL"),
            _ => (Api::Other, "other"),
        };
        // What is not a card's own is the machine's, and told there.
        let memory = match kind {
            AdapterKind::Discrete | AdapterKind::Virtual | AdapterKind::Other => memory(adapter),
            AdapterKind::Integrated | AdapterKind::Software => None,
        };
        Self {
            adapter: Adapter {
                name: info.name.trim().to_owned(),
                kind,
                driver: driver(&info.driver, &info.driver_info),
                api: spoken.to_owned(),
                memory,
            },
            api,
            vendor: info.vendor,
            device: info.device,
            bus: info.device_pci_bus_id,
        }
    }

    /// The same thing in the machine, seen through two drivers.
    fn is(&self, other: &Card) -> bool {
        if self.api == other.api {
            // Two Vulkan drivers of one card. DX12's place is looked up by maker and kind, so two cards of a kind share it there.
            return self.api == Api::Vulkan && !self.bus.is_empty() && self.bus == other.bus;
        }
        (self.vendor, self.device) == (other.vendor, other.device)
    }
}

/// The driver's name and version; each may be missing, or be said twice.
fn driver(name: &str, version: &str) -> String {
    let (name, version) = (name.trim(), version.trim());
    if version.starts_with(name) || name == "?" {
        version.to_owned()
    } else {
        [name, version].join(" ").trim().to_owned()
    }
}

/// Each card once, the most promising one first: by kind, then by memory; otherwise in the order of the drivers.
fn in_order<T>(mut cards: Vec<(Card, T)>) -> Vec<(Card, T)> {
    cards.sort_by_key(|(card, _)| card.api);
    let mut once: Vec<(Card, T)> = Vec::with_capacity(cards.len());
    for (card, what) in cards {
        if !once.iter().any(|(other, _)| other.is(&card)) {
            once.push((card, what));
        }
    }
    once.sort_by_key(|(card, _)| (card.adapter.kind, std::cmp::Reverse(card.adapter.memory)));
    once
}

/// Which of `all`, which are in order: the first that is called `name`, whatever its case, else the first whose name has it in it.
fn pick(all: &[&Adapter], name: Option<&str>, software: bool) -> Result<usize, NoAdapter> {
    let names = || all.iter().map(|adapter| adapter.name.clone()).collect::<Vec<_>>();
    let may = |adapter: &Adapter| software || adapter.kind != AdapterKind::Software;
    if all.is_empty() {
        return Err(NoAdapter::None);
    }
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        return all
            .iter()
            .position(|adapter| may(adapter))
            .ok_or_else(|| NoAdapter::OnlySoftware(names()));
    };
    let those = adapters_called(all, name);
    // Of several that may be meant one that may be taken.
    match (those.iter().find(|at| may(all[**at])), those.first()) {
        (Some(at), _) => Ok(*at),
        (None, Some(at)) => Err(NoAdapter::IsSoftware(all[*at].name.clone())),
        (None, None) => Err(NoAdapter::NoneCalled {
            name: name.to_owned(),
            there: names(),
        }),
    }
}

/// Asks all drivers. OpenGL is left out: not every driver of it computes, and none better than the card's other one.
fn found() -> Result<Vec<(Card, wgpu::Adapter)>, NoAdapter> {
    let ask = || {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::PRIMARY,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        let computes = |adapter: &wgpu::Adapter| {
            let flags = adapter.get_downlevel_capabilities().flags;
            flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
        };
        in_order(
            all.into_iter()
                .filter(computes)
                .map(|adapter| (Card::of(&adapter), adapter))
                .collect(),
        )
    };
    // Nothing of what a panic leaves half done is used again.
    catch_unwind(AssertUnwindSafe(ask)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        NoAdapter::Driver(
            text.or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given")
                .to_owned(),
        )
    })
}

/// Memory of its own, bytes; `None` where the driver is not asked for it.
fn memory(adapter: &wgpu::Adapter) -> Option<u64> {
    #[cfg(windows)]
    if let Some(bytes) = dx12_memory(adapter) {
        return Some(bytes);
    }
    #[cfg(any(windows, target_os = "linux"))]
    return vulkan_memory(adapter);
    #[cfg(not(any(windows, target_os = "linux")))]
    {
        let _ = adapter;
        None
    }
}

/// The largest heap of the card's own memory: some drivers show a window into it as another one.
#[cfg(any(windows, target_os = "linux"))]
fn vulkan_memory(adapter: &wgpu::Adapter) -> Option<u64> {
    /// `VK_MEMORY_HEAP_DEVICE_LOCAL_BIT` of the Vulkan specification, section "Device memory".
    const DEVICE_LOCAL: u32 = 1;
    // SAFETY: nothing is destroyed or changed through the guard; it is read from and dropped before `adapter` is.
    let card = unsafe { adapter.as_hal::<wgpu::hal::api::Vulkan>() }?;
    let instance = card.shared_instance().raw_instance();
    // SAFETY: the physical device is one of this very instance, which the guard keeps alive; the call has no other condition and
    // only fills a structure that it returns.
    let properties = unsafe { instance.get_physical_device_memory_properties(card.raw_physical_device()) };
    let heaps = properties.memory_heaps_as_slice().iter();
    let own = heaps.filter(|heap| heap.flags.as_raw() & DEVICE_LOCAL != 0).map(|heap| heap.size);
    own.max().filter(|bytes| *bytes > 0)
}

#[cfg(windows)]
fn dx12_memory(adapter: &wgpu::Adapter) -> Option<u64> {
    // SAFETY: nothing is destroyed or changed through the guard; it is read from and dropped before `adapter` is.
    let card = unsafe { adapter.as_hal::<wgpu::hal::api::Dx12>() }?;
    // SAFETY: the interface is alive as long as the guard; the call only fills a structure that it returns.
    let description = unsafe { card.raw_adapter().GetDesc2() }.ok()?;
    Some(description.DedicatedVideoMemory as u64).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, kind: AdapterKind, api: Api, ids: (u32, u32), bus: &str) -> (Card, ()) {
        let adapter = Adapter {
            name: name.to_owned(),
            kind,
            driver: String::new(),
            api: format!("{api:?}"),
            memory: None,
        };
        let (vendor, device) = ids;
        let bus = bus.to_owned();
        (
            Card {
                adapter,
                api,
                vendor,
                device,
                bus,
            },
            (),
        )
    }

    const RTX: (u32, u32) = (0x10de, 0x2684);
    const UHD: (u32, u32) = (0x8086, 0x9bc8);
    const LLVMPIPE: (u32, u32) = (0x10005, 0);

    fn names(cards: Vec<(Card, ())>) -> Vec<String> {
        let said = |(card, ()): (Card, ())| format!("{} {}", card.adapter.name, card.adapter.api);
        in_order(cards).into_iter().map(said).collect()
    }

    #[test]
    fn each_card_is_there_once_and_the_most_promising_first() {
        use AdapterKind::{Discrete, Integrated, Software};
        // A laptop under Windows: both cards over both interfaces, in whatever order.
        let laptop = vec![
            card("UHD", Integrated, Api::Vulkan, UHD, "0000:00:02.0"),
            card("RTX", Discrete, Api::Vulkan, RTX, "0000:01:00.0"),
            card("Basic Render Driver", Software, Api::Dx12, (0x1414, 0x8c), ""),
            card("UHD", Integrated, Api::Dx12, UHD, "0:2.0"),
            card("RTX", Discrete, Api::Dx12, RTX, "1:0.0"),
        ];
        assert_eq!(names(laptop), ["RTX Dx12", "UHD Dx12", "Basic Render Driver Dx12"]);
        // Two cards of a kind are two, over each interface; DX12 gives both the place of the first.
        let pair = vec![
            card("RTX", Discrete, Api::Dx12, RTX, "1:0.0"),
            card("RTX", Discrete, Api::Dx12, RTX, "1:0.0"),
            card("RTX", Discrete, Api::Vulkan, RTX, "0000:01:00.0"),
            card("RTX", Discrete, Api::Vulkan, RTX, "0000:02:00.0"),
        ];
        assert_eq!(names(pair), ["RTX Dx12", "RTX Dx12"]);
        // Two drivers of one card under Linux, two cards of a kind, and the software driver.
        let linux = vec![
            card("llvmpipe", Software, Api::Vulkan, LLVMPIPE, ""),
            card("RX (RADV)", Discrete, Api::Vulkan, (0x1002, 1), "0000:03:00.0"),
            card("RX", Discrete, Api::Vulkan, (0x1002, 1), "0000:03:00.0"),
            card("RX second", Discrete, Api::Vulkan, (0x1002, 1), "0000:04:00.0"),
            card("lavapipe", Software, Api::Vulkan, LLVMPIPE, ""),
        ];
        assert_eq!(
            names(linux),
            ["RX (RADV) Vulkan", "RX second Vulkan", "llvmpipe Vulkan", "lavapipe Vulkan"]
        );
    }

    #[test]
    fn of_two_discrete_cards_the_one_with_more_memory_comes_first() {
        let with = |name: &str, memory: Option<u64>| {
            let (mut card, ()) = card(name, AdapterKind::Discrete, Api::Vulkan, (1, memory.unwrap_or(0) as u32), "");
            card.adapter.memory = memory;
            (card, ())
        };
        let cards = vec![with("unknown", None), with("small", Some(4)), with("large", Some(24))];
        assert_eq!(names(cards), ["large Vulkan", "small Vulkan", "unknown Vulkan"]);
    }

    #[test]
    fn a_name_means_one_card() {
        use AdapterKind::{Discrete, Integrated, Software};
        let cards = in_order(vec![
            card("NVIDIA GeForce RTX 4070 Ti", Discrete, Api::Vulkan, (1, 1), "a"),
            card("NVIDIA GeForce RTX 4070", Discrete, Api::Vulkan, (1, 2), "b"),
            card("Intel(R) UHD Graphics 630", Integrated, Api::Vulkan, UHD, "c"),
            card("llvmpipe (LLVM 15.0.6, 256 bits)", Software, Api::Vulkan, LLVMPIPE, ""),
        ]);
        let all: Vec<&Adapter> = cards.iter().map(|(card, ())| &card.adapter).collect();
        for (name, software, at) in [
            (None, false, 0),
            (Some(" "), false, 0),
            (Some("rtx 4070"), false, 0),
            (Some("nvidia geforce rtx 4070"), false, 1),
            (Some("UHD"), false, 2),
            (Some("LLVM"), true, 3),
            (None, true, 0),
        ] {
            assert_eq!(pick(&all, name, software), Ok(at), "{name:?}");
        }
        assert_eq!(
            pick(&all, Some("llvmpipe"), false),
            Err(NoAdapter::IsSoftware("llvmpipe (LLVM 15.0.6, 256 bits)".into()))
        );
        let error = pick(&all, Some("radeon"), true).expect_err("there is none").to_string();
        assert_eq!(
            error,
            "no graphics card is called \"radeon\"; there is NVIDIA GeForce RTX 4070 Ti, NVIDIA GeForce RTX 4070, Intel(R) UHD \
             Graphics 630, llvmpipe (LLVM 15.0.6, 256 bits)"
        );
        assert_eq!(pick(&[], Some("x"), true), Err(NoAdapter::None));
        assert_eq!(
            pick(&all[3..], None, false),
            Err(NoAdapter::OnlySoftware(vec!["llvmpipe (LLVM 15.0.6, 256 bits)".into()]))
        );
        assert_eq!(pick(&all[3..], None, true), Ok(0));
    }

    #[test]
    fn a_driver_is_told_once() {
        for (name, version, told) in [
            ("NVIDIA", "550.54", "NVIDIA 550.54"),
            ("llvmpipe", "Mesa 22.3.6 (LLVM 15.0.6)", "llvmpipe Mesa 22.3.6 (LLVM 15.0.6)"),
            ("31.0.15.5222", "", "31.0.15.5222"),
            ("Mesa", "Mesa 24", "Mesa 24"),
            ("?", "?", "?"),
            ("", "", ""),
        ] {
            assert_eq!(driver(name, version), told);
        }
    }

    /// Whatever this machine has: the list and the choice agree.
    #[test]
    fn what_is_listed_can_be_taken() {
        let listed = adapters();
        match choose(None, true) {
            Ok((_, chosen)) => {
                assert_eq!(Some(&chosen), listed.first());
                let (_, named) = choose(Some(&chosen.name), true).expect("the same again");
                assert_eq!(named, chosen);
                assert_eq!(choose(None, false).is_ok(), chosen.kind != AdapterKind::Software);
            }
            Err(error) => assert!(listed.is_empty() && error == NoAdapter::None, "{error}"),
        }
        let required = std::env::var_os("REQUIRE_GPU_ADAPTER").is_some_and(|value| value == "1");
        assert!(!required || !listed.is_empty(), "REQUIRE_GPU_ADAPTER=1, and no adapter was found");
    }
}
