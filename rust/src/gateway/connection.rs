//! An HTTP/1.1 connection: requests in, answers out in the same order, each within its deadline.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::answers::{CONTINUE, Fixed};
use super::booth::room_of;
use super::framing::{Framing, Stage};
use super::line::{Line, Word};
use super::service::Service;

const MOST_UNANSWERED: usize = 128; // requests of one connection; a pipeline longer than this waits in the network
const MOST_UNSENT: usize = 65_536; // bytes; a client that does not read is not read from
const LINGER: Duration = Duration::from_secs(2); // for a client to read a last answer before what it sends resets it
const READ: usize = 16_384; // bytes at once: their answers are all made before a client that does not read is noticed

/// One client, until it is over.
pub struct Connection {
    stream: TcpStream,
    service: Rc<Service>,
    number: u64,
    line: Rc<Line>,
    framing: Framing,
    unsent: Vec<u8>,
    sent: usize,
    /// No request is taken any more.
    ending: bool,
    /// Nothing follows, and the client was told so.
    finished: bool,
    /// The client sends no more.
    left: bool,
}

impl Connection {
    pub fn new(stream: TcpStream, service: Rc<Service>, line: Rc<Line>) -> Self {
        let number = service.join(line.clone());
        let (framing, unsent) = (Framing::new(room_of), Vec::new());
        Self { stream, service, number, line, framing, unsent, sent: 0, ending: false, finished: false, left: false }
    }

    /// What it was told by somebody else; whether it is over.
    fn hear(&mut self, word: Word) -> bool {
        let resting = self.framing.stage == Stage::Between;
        match word {
            Word::Abort => return true,
            Word::Expired if resting || self.ending => return true,
            Word::Expired => self.end(Some(Fixed::Late)),
            Word::Drain if resting && !self.ending => {
                self.ending = true;
                self.left |= self.line.is_empty();
            }
            Word::Drain => {}
        }
        false
    }

    /// Reads what is there; whether there was anything.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut room = [const { std::mem::MaybeUninit::uninit() }; READ];
        let mut buffer = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        match buffer.filled() {
            [] => (self.ending, self.left) = (true, true),
            _ if self.ending => {} // after the last request there is nothing to read
            data => self.feed(data),
        }
        Poll::Ready(Ok(()))
    }

    fn feed(&mut self, data: &[u8]) {
        let before = (self.framing.stage, self.framing.begun);
        let (line, service) = (&self.line, &self.service);
        let fed = self.framing.feed(data, &mut |request| {
            let ticket = line.join(request.head.method == "HEAD");
            if catch_unwind(AssertUnwindSafe(|| service.booth.take(request, ticket))).is_err() {
                tracing::error!("request.failed"); // its ticket answered
            }
        });
        if !self.framing.keep || self.service.draining.get() && self.framing.stage == Stage::Between {
            self.ending = true;
        }
        match fed {
            Err(refused) => {
                tracing::info!(answer = ?refused.0, "connection.refused");
                self.end(refused.0);
            }
            Ok(()) if before != (self.framing.stage, self.framing.begun) => self.set_deadline(),
            Ok(()) => {}
        }
    }

    /// Answers in its turn and takes no more.
    fn end(&mut self, answer: Option<Fixed>) {
        self.ending = true;
        self.line.deadline.set(None);
        if let Some(answer) = answer {
            self.line.join(false).answer(answer);
        }
    }

    /// Hands over the answers whose turn it is.
    fn settle(&mut self) {
        let mut owed = true;
        while let Some((reply, bare, last)) = self.line.next() {
            reply.write(&mut self.unsent, last && self.ending, bare);
            owed = !last;
        }
        if !owed && !self.ending {
            self.rest();
        }
    }

    /// Nothing is owed now.
    fn rest(&mut self) {
        match self.framing.stage {
            Stage::Between => self.due(self.service.deadlines.idle),
            _ => self.encourage(),
        }
    }

    /// From now on, for what is being read.
    fn set_deadline(&mut self) {
        let deadlines = self.service.deadlines;
        match self.framing.stage {
            Stage::Between if self.line.is_empty() => self.due(deadlines.idle),
            Stage::Between => self.line.deadline.set(None),
            Stage::Head => self.due(deadlines.head),
            Stage::Body => {
                self.due(deadlines.body);
                self.encourage();
            }
        }
    }

    /// Sends 100 Continue where it is waited for, in its turn.
    fn encourage(&mut self) {
        if self.framing.expects && self.line.is_empty() {
            self.framing.expects = false;
            self.unsent.extend_from_slice(CONTINUE);
        }
    }

    fn due(&self, wait: Duration) {
        self.line.deadline.set(Some(self.service.now() + wait));
    }

    /// Sends all there is, or as much as the client will have now.
    fn flush(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.sent < self.unsent.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.unsent[self.sent..])? {
                Poll::Pending => return Ok(()),
                Poll::Ready(some) => self.sent += some,
            }
        }
        (self.sent, self.unsent) = (0, emptied(std::mem::take(&mut self.unsent)));
        Ok(())
    }

    /// Says that nothing follows and waits for the client to leave, so that it can read the last answer.
    fn finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.line.deadline.get().is_none() {
            self.due(self.service.deadlines.idle);
        }
        if !self.unsent.is_empty() {
            return Poll::Pending;
        }
        if self.left {
            return Poll::Ready(());
        }
        if !self.finished {
            self.finished = true;
            self.due(LINGER);
            if let Poll::Ready(Err(_)) = Pin::new(&mut self.stream).poll_shutdown(cx) {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }

    fn may_read(&self) -> bool {
        !self.left && self.unsent.len() - self.sent <= MOST_UNSENT && self.line.len() <= MOST_UNANSWERED
    }
}

/// Keeps what a burst of answers took, and no more.
fn emptied(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.clear();
    bytes.shrink_to(MOST_UNSENT);
    bytes
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.line.wake_by(cx.waker());
        loop {
            if let Some(word) = this.line.told()
                && this.hear(word)
            {
                return Poll::Ready(());
            }
            this.settle();
            if this.flush(cx).is_err() {
                return Poll::Ready(());
            }
            if this.ending && this.line.is_empty() && this.finish(cx).is_ready() {
                return Poll::Ready(());
            }
            if !this.may_read() {
                return Poll::Pending;
            }
            if ready!(this.read(cx)).is_err() {
                return Poll::Ready(());
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.line.leave();
        self.service.forget(self.number);
    }
}
