//! A cluster of Redis servers of a test.

use super::server::RedisServer;

/// How many slots a cluster has for its keys.
const SLOTS: u32 = 16_384;

/// A cluster of masters without replicas. The servers end when this value is dropped.
#[derive(Debug)]
pub struct RedisCluster {
    /// The servers, in the order of their slots.
    pub masters: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts three masters, and waits until all of them serve all slots, which takes 2 to 3 s.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(3)
    }

    /// Starts `count` masters.
    #[must_use]
    pub fn start_with(count: u32) -> Self {
        let options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
        let masters: Vec<_> = (0..count)
            .map(|_| RedisServer::start_with(&options))
            .collect();
        for (number, master) in (0..).zip(&masters) {
            // Without different epochs of their configuration, two of them may claim the same slot.
            master.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
            let slots = number * SLOTS / count..(number + 1) * SLOTS / count;
            let slots: Vec<String> = slots.map(|slot| slot.to_string()).collect();
            let mut command = vec!["CLUSTER", "ADDSLOTS"];
            command.extend(slots.iter().map(String::as_str));
            master.command(&command);
        }
        let first = masters[0].port().to_string();
        for master in &masters[1..] {
            master.command(&["CLUSTER", "MEET", "127.0.0.1", &first]);
        }
        let cluster = Self { masters };
        cluster.wait_until_whole();
        cluster
    }

    /// Waits until every master serves.
    pub fn wait_until_whole(&self) {
        let count = self.masters.len();
        for master in &self.masters {
            master.wait_until("the cluster is whole", || {
                let info = master.command(&["CLUSTER", "INFO"]).to_string();
                info.contains("cluster_state:ok")
                    && info.contains(&format!("cluster_known_nodes:{count}"))
            });
        }
    }

    /// The addresses, as a client of the crate `redis` expects them.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.masters.iter().map(RedisServer::url).collect()
    }
}
