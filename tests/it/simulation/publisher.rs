//! Commits the batches of all shards of an instance, as `publish::Publisher` does.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use copydesk::{
    identity::{Marks, digest},
    ledger::FeedState,
    publish::{Batch, Commit, Done, LedgerEntry, Lost, Position, Queue},
};
use futures_util::future::BoxFuture;
use tokio::{sync::Notify, time::sleep};

use super::{
    bugs::Bug,
    kafka::Kafka,
    web::Web,
    world::{World, lock},
};

/// Articles of a commit.
const ROOM: usize = 200;

/// The one producer of an instance.
pub struct Publisher {
    pub world: Arc<World>,
    pub kafka: Arc<Kafka>,
    pub web: Arc<Web>,
    pub instance: usize,
    /// Cleared when the instance is killed: nothing it has sent arrives any more.
    pub alive: Arc<AtomicBool>,
    pub seats: Mutex<Vec<Weak<Writer>>>,
    pub wake: Notify,
    /// Told when the process is stopped in the middle of a transaction.
    pub frozen: Notify,
}

/// One shard of it.
pub struct Writer {
    publisher: Arc<Publisher>,
    pub shard: i32,
    pub position: Mutex<Position>,
    queue: Queue,
    closed: AtomicBool,
    blocked: AtomicBool,
    /// States kept by [`Bug::StaleStage`].
    stale: Mutex<BTreeMap<String, LedgerEntry>>,
}

struct Part {
    writer: Arc<Writer>,
    batch: Batch,
    told: Vec<Done>,
}

impl Part {
    fn end(self, result: Result<(), Lost>) {
        if result.is_err() {
            self.writer.close();
        }
        for done in self.told {
            done.tell(result);
        }
    }

    fn position(&self) -> Position {
        *lock(&self.writer.position)
    }

    fn set_position(&self, position: Position) {
        *lock(&self.writer.position) = position;
    }
}

/// How an attempt ended.
enum Ended {
    Done,
    Again,
    Lost,
}

impl Publisher {
    pub fn open(self: &Arc<Self>, shard: i32) -> Arc<Writer> {
        let writer = Arc::new(Writer {
            publisher: self.clone(),
            shard,
            position: Mutex::new(Position::Anywhere),
            queue: Queue::default(),
            closed: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            stale: Mutex::default(),
        });
        lock(&self.seats).push(Arc::downgrade(&writer));
        writer
    }

    pub async fn run(self: Arc<Self>) {
        loop {
            self.wake.notified().await;
            self.world.pause(1..40).await;
            let parts = self.take();
            if !parts.is_empty() {
                self.deliver(parts).await;
                self.wake.notify_one();
            }
        }
    }

    fn take(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut seats = lock(&self.seats);
        seats.retain(|seat| seat.strong_count() > 0);
        for writer in seats.iter().filter_map(Weak::upgrade) {
            if writer.is_closed() {
                writer.queue.give_up();
                continue;
            }
            // A topic that takes no records holds up nobody else's here.
            writer.blocked.store(self.kafka.is_blocked(writer.shard), Ordering::Relaxed);
            let (batch, told) = writer.queue.take(ROOM);
            if !told.is_empty() {
                parts.push(Part { writer, batch, told });
            }
        }
        parts
    }

    async fn deliver(&self, mut parts: Vec<Part>) {
        let (world, kafka) = (&self.world, &self.kafka);
        loop {
            world.pause(1..40).await;
            if !self.alive.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            for part in parts.extract_if(.., |part| part.writer.is_closed()) {
                part.end(Err(Lost));
            }
            for part in parts.extract_if(.., |part| part.batch.is_empty()) {
                part.end(Ok(()));
            }
            if parts.is_empty() {
                return;
            }
            let blocked = parts.iter().any(|part| kafka.is_blocked(part.writer.shard));
            for part in &parts {
                part.writer.blocked.store(blocked, Ordering::Relaxed);
            }
            if blocked {
                sleep(Duration::from_millis(500)).await;
                continue;
            }
            if world.has(Bug::OkWithoutWriting) && world.chance(3) {
                break;
            }
            for part in &mut parts {
                self.plant(&part.writer, &mut part.batch);
            }
            if world.has(Bug::LedgerBeforeArticles) || !world.exactly_once {
                self.in_two_steps(&parts).await;
                break;
            }
            self.look_again(&mut parts).await;
            match self.attempt(&parts).await {
                Ended::Done => break,
                Ended::Again => {}
                Ended::Lost => {
                    for part in parts.drain(..) {
                        part.end(Err(Lost));
                    }
                }
            }
        }
        world.pause(1..20).await;
        for part in parts {
            part.end(Ok(()));
        }
    }

    /// What lies behind a transaction that was aborted.
    async fn look_again(&self, parts: &mut Vec<Part>) {
        let mut overtaken = Vec::new();
        for part in &*parts {
            let Position::Doubtful(from) = part.position() else { continue };
            let shard = part.writer.shard;
            let end = self.kafka.settled(shard).await;
            self.world.pause(1..100).await;
            let others = self.kafka.has_committed_since(shard, from);
            if others && !self.world.has(Bug::PositionTakenAnew) {
                overtaken.push(shard);
            } else {
                part.set_position(Position::At(end));
            }
        }
        for part in parts.extract_if(.., |part| overtaken.contains(&part.writer.shard)) {
            self.world.note(format_args!("i{} was overtaken in {}", self.instance, part.writer.shard));
            part.end(Err(Lost));
        }
    }

    async fn attempt(&self, parts: &[Part]) -> Ended {
        if parts.is_empty() {
            return Ended::Again;
        }
        let (world, kafka) = (&self.world, &self.kafka);
        let before: Vec<Position> = parts.iter().map(Part::position).collect();
        let transaction = kafka.begin();
        let mut lie = Vec::new();
        for part in parts {
            part.set_position(part.position().aborted());
            lie.push(kafka.send(transaction, part.writer.shard, &part.batch.ledger));
            world.pause(1..20).await;
        }
        if world.fault(5) {
            // Stopped for a while in the middle, as by SIGSTOP.
            self.frozen.notify_one();
            world.pause(500..40_000).await;
            if !self.alive.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        }
        let checked = match world.bug {
            Some(Bug::NoFence) => 0,
            Some(Bug::ShardUnchecked) => 1,
            _ => parts.len(),
        };
        let mut places = before.iter().zip(&lie).take(checked);
        if places.any(|(position, offsets)| !position.accepts(offsets)) || world.fault(3) {
            return self.aborted(transaction, parts);
        }
        let batches: Vec<(i32, &Batch)> = parts.iter().map(|part| (part.writer.shard, &part.batch)).collect();
        if world.fault(3) {
            return self.answer_lost(transaction, parts, &batches, &before, &lie).await;
        }
        match kafka.commit(transaction, &batches) {
            Ok(()) => {
                for ((part, position), offsets) in parts.iter().zip(before).zip(lie) {
                    part.set_position(position.committed(&offsets));
                }
                Ended::Done
            }
            Err(_) => self.fenced(parts),
        }
    }

    fn aborted(&self, transaction: u64, parts: &[Part]) -> Ended {
        match self.kafka.abort(transaction) {
            Ok(()) => Ended::Again,
            Err(_) => self.fenced(parts),
        }
    }

    /// The producer is of no use any more: whoever wrote meanwhile is not known.
    fn fenced(&self, parts: &[Part]) -> Ended {
        self.world.note(format_args!("i{} is fenced", self.instance));
        if !self.world.has(Bug::FencedKept) {
            return Ended::Lost;
        }
        for part in parts {
            part.set_position(Position::At(self.kafka.end_of(part.writer.shard)));
        }
        Ended::Again
    }

    /// The answer to a commit is lost; the client knows neither way.
    async fn answer_lost(
        &self,
        transaction: u64,
        parts: &[Part],
        batches: &[(i32, &Batch)],
        before: &[Position],
        lie: &[Vec<i64>],
    ) -> Ended {
        let ended = match self.world.chance(50) {
            true => self.kafka.commit(transaction, batches),
            false => self.kafka.abort(transaction),
        };
        self.world.pause(100..5_000).await;
        if !self.world.has(Bug::RetryUnknown) || ended.is_err() {
            return Ended::Lost;
        }
        for ((part, position), offsets) in parts.iter().zip(before).zip(lie) {
            part.set_position(position.committed(offsets));
        }
        Ended::Again
    }

    async fn in_two_steps(&self, parts: &[Part]) {
        for articles in [!self.world.exactly_once, self.world.exactly_once] {
            for part in parts {
                match articles {
                    true => self.kafka.publish(&part.batch),
                    false => self.kafka.append(part.writer.shard, &part.batch.ledger),
                }
            }
            self.world.pause(1..600).await;
            if !self.alive.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        }
        for part in parts {
            part.set_position(Position::Anywhere);
        }
    }

    /// What a planted bug does to a batch.
    fn plant(&self, writer: &Writer, batch: &mut Batch) {
        for outgoing in &mut batch.articles {
            let record = &mut outgoing.record;
            if self.world.has(Bug::IdByLink) {
                let link = record.url.clone().unwrap_or_default();
                record.id = digest([link.split('#').next().unwrap_or_default()]);
            }
            if self.world.has(Bug::RepeatsCut) && self.kafka.has_come(&record.text) {
                record.text.clear();
            }
        }
        if self.world.has(Bug::MarksForgotten) {
            for entry in &mut batch.ledger {
                let Ok(mut state) = FeedState::from_json(entry.state.as_deref().unwrap_or_default()) else {
                    continue;
                };
                for seen in state.entries.values_mut() {
                    seen.marks = Marks::default();
                }
                entry.state = Some(state.to_json());
            }
        }
        if self.world.has(Bug::ValidatorsEarly) {
            for entry in &mut batch.ledger {
                let Some(served) = self.web.peek_served(self.instance, &entry.feed) else { continue };
                let mut state =
                    FeedState::from_json(entry.state.as_deref().unwrap_or_default()).expect("a state");
                state.validators = served.validators;
                state.body_hash = Some(served.hash);
                entry.state = Some(state.to_json());
            }
        }
        if self.world.has(Bug::StaleStage) {
            let stale = lock(&writer.stale);
            let written: Vec<String> = batch.ledger.iter().map(|entry| entry.feed.clone()).collect();
            batch.ledger.extend(written.iter().filter_map(|feed| stale.get(feed)).cloned());
        }
    }
}

impl Writer {
    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}

impl Commit for Writer {
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), Lost>> {
        let told = self.queue.push(batch);
        if self.is_closed() {
            self.close();
        }
        self.publisher.wake.notify_one();
        Box::pin(async move { told.await.unwrap_or(Err(Lost)) })
    }

    fn stage(&self, entry: LedgerEntry) {
        if self.publisher.world.has(Bug::StaleStage) {
            lock(&self.stale).entry(entry.feed.clone()).or_insert_with(|| entry.clone());
        }
        self.queue.stage(entry);
    }

    fn flush(&self) -> BoxFuture<'_, Result<(), Lost>> {
        if !self.queue.has_staged() {
            return Box::pin(std::future::ready(Ok(())));
        }
        self.commit(Batch::default())
    }

    fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.queue.give_up();
    }
}
