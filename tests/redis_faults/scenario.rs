//! The faults: how each begins and ends.

use std::thread;
use std::time::Duration;

use crate::support::{FaultProxy, NetworkFault, RedisServer};

/// The parts that a fault can change.
pub(crate) struct Stage {
    pub(crate) server: RedisServer,
    pub(crate) replica: Option<RedisServer>,
    pub(crate) proxy: FaultProxy,
}

/// A fault.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) begin: fn(&mut Stage),
    pub(crate) end: fn(&mut Stage),
    /// Whether the store must refuse claims while the fault lasts.
    pub(crate) refuses: bool,
    /// The data that the server loses.
    pub(crate) loses: Loss,
}

/// The claims that a server loses in a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    Nothing,
    /// The last ones.
    Some,
    /// All of those that it had before the fault.
    All,
}

const fn nothing(_: &mut Stage) {}

fn heal(stage: &mut Stage) {
    stage.proxy.set(NetworkFault::None);
}

/// The faults of the server, and a scenario without one.
pub(crate) const OF_THE_SERVER: [Scenario; 10] = [
    Scenario {
        name: "none",
        begin: nothing,
        end: nothing,
        refuses: false,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "stopped, continued",
        begin: |stage| stage.server.stop(),
        end: |stage| stage.server.resume(),
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "killed, restarted empty",
        begin: |stage| stage.server.kill(),
        end: |stage| stage.server.restart(),
        refuses: true,
        loses: Loss::All,
    },
    Scenario {
        name: "restarted empty at once",
        begin: |stage| stage.server.restart(),
        end: nothing,
        refuses: false,
        loses: Loss::All,
    },
    Scenario {
        name: "emptied in place",
        begin: |stage| drop(stage.server.command(&["FLUSHALL"])),
        end: nothing,
        refuses: false,
        loses: Loss::All,
    },
    Scenario {
        name: "scripts forgotten",
        begin: |stage| drop(stage.server.command(&["SCRIPT", "FLUSH"])),
        end: nothing,
        refuses: false,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "memory full",
        begin: |stage| set_memory(stage, "1"),
        end: |stage| set_memory(stage, "0"),
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "evicting",
        begin: |stage| {
            set_policy(stage, "allkeys-lru");
            set_memory(stage, "100mb");
        },
        end: |stage| {
            set_policy(stage, "noeviction");
            set_memory(stage, "0");
        },
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "promoted replica, a write missing",
        begin: promote,
        end: nothing,
        refuses: false,
        loses: Loss::Some,
    },
    Scenario {
        name: "promoted, connections stay open",
        begin: promote_behind_open_connections,
        end: nothing,
        refuses: false,
        loses: Loss::Some,
    },
];

/// The faults of the network between the nodes and the server.
pub(crate) const OF_THE_NETWORK: [Scenario; 8] = [
    Scenario {
        name: "replies 30 ms late",
        begin: |stage| {
            stage
                .proxy
                .set(NetworkFault::Delay(Duration::from_millis(30)))
        },
        end: heal,
        refuses: false,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "replies 300 ms late",
        begin: |stage| {
            stage
                .proxy
                .set(NetworkFault::Delay(Duration::from_millis(300)))
        },
        end: heal,
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "connections cut",
        begin: |stage| stage.proxy.set(NetworkFault::Cut),
        end: heal,
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "cut before each reply",
        begin: |stage| stage.proxy.set(NetworkFault::CutReplies),
        end: heal,
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "half open",
        begin: |stage| stage.proxy.set(NetworkFault::HalfOpen),
        end: heal,
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "replies of other commands",
        begin: |stage| {
            stage
                .proxy
                .set(NetworkFault::Garbage(b"*3\r\n:1\r\n:1\r\n:1\r\n"))
        },
        end: heal,
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "replies of another protocol",
        begin: |stage| {
            stage
                .proxy
                .set(NetworkFault::Garbage(b"\0\xff HTTP/1.1 200 OK\r\n\r\n"))
        },
        end: heal,
        refuses: true,
        loses: Loss::Nothing,
    },
    Scenario {
        name: "each reply twice",
        begin: |stage| stage.proxy.set(NetworkFault::Repeat),
        end: heal,
        refuses: true,
        loses: Loss::Nothing,
    },
];

fn set_memory(stage: &Stage, bytes: &str) {
    stage.server.command(&["CONFIG", "SET", "maxmemory", bytes]);
}

fn set_policy(stage: &Stage, policy: &str) {
    stage
        .server
        .command(&["CONFIG", "SET", "maxmemory-policy", policy]);
}

/// The replica loses its primary, the primary goes on for some time, and then the replica takes its place. The claims
/// of that time are lost.
fn promote(stage: &mut Stage) {
    kill_after_losing_the_replica(stage);
    let replica = stage.replica.as_ref().unwrap();
    replica.promote();
    stage.proxy.redirect(replica.port());
}

/// The same, and the proxy keeps the connections of the nodes open.
fn promote_behind_open_connections(stage: &mut Stage) {
    stage.proxy.hold_clients();
    kill_after_losing_the_replica(stage);
    let replica = stage.replica.as_ref().unwrap();
    replica.wait_until("the proxy has noticed", || stage.proxy.has_no_server());
    replica.promote();
    stage.proxy.switch(replica.port());
}

fn kill_after_losing_the_replica(stage: &mut Stage) {
    let replica = stage.replica.as_ref().unwrap();
    replica.command(&["REPLICAOF", "127.0.0.1", "1"]);
    thread::sleep(Duration::from_millis(300));
    stage.server.kill();
}
