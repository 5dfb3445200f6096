//! What the kernel knows of this process, under the names that Prometheus's own clients give it.

use std::fmt;

use procfs::process::{LimitValue, Process};
use procfs::{ProcResult, boot_time_secs, page_size, ticks_per_second};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Tells it each time it is asked for; nothing where there is no /proc.
#[derive(Debug)]
pub struct Kernel;

struct Known {
    cpu_seconds: f64,
    gauges: [(&'static str, &'static str, f64); 5],
}

impl Collector for Kernel {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let Ok(known) = known() else { return Ok(()) };
        let cpu = ConstCounter::new(known.cpu_seconds);
        let sentence = "Total user and system CPU time spent in seconds";
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", sentence, None, cpu.metric_type())?)?;
        for (name, sentence, value) in known.gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, sentence, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

fn known() -> ProcResult<Known> {
    let process = Process::myself()?;
    let (stat, ticks) = (process.stat()?, ticks_per_second() as f64);
    let most = match process.limits()?.max_open_files.soft_limit {
        LimitValue::Value(most) => most as f64,
        LimitValue::Unlimited => f64::INFINITY,
    };
    let started = boot_time_secs()? as f64 + stat.starttime as f64 / ticks;
    Ok(Known {
        cpu_seconds: (stat.utime + stat.stime) as f64 / ticks,
        gauges: [
            ("process_virtual_memory_bytes", "Virtual memory size in bytes", stat.vsize as f64),
            ("process_resident_memory_bytes", "Resident memory size in bytes", (stat.rss * page_size()) as f64),
            ("process_start_time_seconds", "Start time of the process since unix epoch in seconds", started),
            ("process_open_fds", "Number of open file descriptors", process.fd_count()? as f64),
            ("process_max_fds", "Maximum number of open file descriptors", most),
        ],
    })
}
