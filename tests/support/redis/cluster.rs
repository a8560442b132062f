//! A cluster of Redis servers of a test.

use super::server::RedisServer;

/// How many slots a cluster has for its keys.
const SLOTS: u32 = 16_384;

/// The nodes replace a master that has not replied for 2 s.
const OPTIONS: [&str; 4] = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];

/// A cluster of masters, with or without replicas. The servers end when this value is dropped.
#[derive(Debug)]
pub struct RedisCluster {
    /// The servers, in the order of their slots.
    pub masters: Vec<RedisServer>,
    /// A replica for each master, in the same order, or none.
    pub replicas: Vec<RedisServer>,
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
        let masters: Vec<_> = (0..count)
            .map(|_| RedisServer::start_with(&OPTIONS))
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
        let replicas = Vec::new();
        let cluster = Self { masters, replicas };
        for master in &cluster.masters[1..] {
            cluster.meet(master);
        }
        cluster.wait_until_whole();
        cluster
    }

    /// Starts three masters with a replica each, which takes some seconds more.
    #[must_use]
    pub fn start_with_replicas() -> Self {
        let mut cluster = Self::start();
        let start = |_| RedisServer::start_with(&OPTIONS);
        cluster.replicas = cluster.masters.iter().map(start).collect();
        for replica in &cluster.replicas {
            cluster.meet(replica);
        }
        cluster.wait_until_whole();
        for (replica, master) in cluster.replicas.iter().zip(&cluster.masters) {
            let master = master.command(&["CLUSTER", "MYID"]).to_string();
            replica.command(&["CLUSTER", "REPLICATE", &master]);
            replica.wait_until("it is a replica", || {
                replica.info("master_link_status").as_deref() == Some("up")
            });
        }
        cluster
    }

    /// Makes a node known to the first master, and so to all nodes.
    fn meet(&self, node: &RedisServer) {
        let first = self.masters[0].port().to_string();
        node.command(&["CLUSTER", "MEET", "127.0.0.1", &first]);
    }

    /// Waits until every node serves.
    pub fn wait_until_whole(&self) {
        let count = self.masters.len() + self.replicas.len();
        for master in self.masters.iter().chain(&self.replicas) {
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
