//! Protobuf on the wire of rockola.v1: a message that is none, or that breaks its reader, fails its own call alone.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use prost::Message;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstEncoder};

use crate::failpoints::failpoint;

const MALFORMED: &str = "malformed: the message is not of its protobuf type";

/// Writes messages of one type and reads those of another.
pub struct Checked<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Checked<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for Checked<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = Reader<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::default().encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        Reader(PhantomData)
    }
}

/// Reads messages of one type.
pub struct Reader<U>(PhantomData<U>);

impl<U: Message + Default> Decoder for Reader<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let read = || {
            failpoint("server.decode").map_err(|_| super::away("server"))?;
            U::decode(bytes).map(Some).map_err(|_| Status::invalid_argument(MALFORMED))
        };
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(super::away("server")))
    }
}
