//! Asks a broker what a topic is: its id, which the driver's safe calls do not tell, and its partitions.
//!
//! The only unsafe code: it calls the driver's C functions.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char};
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::NativeClient;
use rdkafka::types::RDKafkaErrorCode as Code;

/// A topic as its broker describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// The topic's id as Kafka prints it.
    pub generation: String,
    /// The number of copies of each partition.
    pub copies: Vec<usize>,
}

/// The topic's description, None when there is none. Blocks for `patience` at most; an error is Kafka's.
pub fn describe(client: &NativeClient, topic: &str, patience: Duration) -> Result<Option<Described>, Code> {
    let name = CString::new(topic).map_err(|_| Code::InvalidTopic)?;
    let mut names = [name.as_ptr()];
    let milliseconds = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    let mut text = [0 as c_char; 256];
    // SAFETY: the client lives as long as the borrow, the driver copies the names, and each object that is made here
    // is destroyed once, after the last look at what belongs to it.
    unsafe {
        let queue = sys::rd_kafka_queue_new(client.ptr());
        let kind = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
        let options = sys::rd_kafka_AdminOptions_new(client.ptr(), kind);
        sys::rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, text.as_mut_ptr(), text.len());
        let topics = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        sys::rd_kafka_DescribeTopics(client.ptr(), topics, options, queue);
        let event = sys::rd_kafka_queue_poll(queue, milliseconds);
        let answer = if event.is_null() { Err(Code::OperationTimedOut) } else { read(event) };
        if !event.is_null() {
            sys::rd_kafka_event_destroy(event);
        }
        sys::rd_kafka_TopicCollection_destroy(topics);
        sys::rd_kafka_AdminOptions_destroy(options);
        sys::rd_kafka_queue_destroy(queue);
        answer
    }
}

/// What an answer says; it must be one of DescribeTopics for one topic.
unsafe fn read(event: *mut sys::rd_kafka_event_t) -> Result<Option<Described>, Code> {
    // SAFETY: everything read here belongs to the event, and is copied.
    unsafe {
        let error = Code::from(sys::rd_kafka_event_error(event));
        if error != Code::NoError {
            return Err(error);
        }
        let mut count = 0;
        let found =
            sys::rd_kafka_DescribeTopics_result_topics(sys::rd_kafka_event_DescribeTopics_result(event), &mut count);
        if count != 1 {
            return Err(Code::BadMessage);
        }
        let error = sys::rd_kafka_TopicDescription_error(*found);
        let code = if error.is_null() { Code::NoError } else { Code::from(sys::rd_kafka_error_code(error)) };
        match code {
            Code::NoError => {}
            Code::UnknownTopicOrPartition => return Ok(None),
            code => return Err(code),
        }
        let id = sys::rd_kafka_Uuid_base64str(sys::rd_kafka_TopicDescription_topic_id(*found));
        let generation = CStr::from_ptr(id).to_string_lossy().replace('+', "-").replace('/', "_");
        let partitions = sys::rd_kafka_TopicDescription_partitions(*found, &mut count);
        let copies = (0..count).map(|index| {
            let mut copies = 0;
            sys::rd_kafka_TopicPartitionInfo_replicas(*partitions.add(index), &mut copies);
            copies
        });
        Ok(Some(Described { generation, copies: copies.collect() }))
    }
}
