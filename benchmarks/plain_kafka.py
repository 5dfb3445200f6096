"""The plain way to queue votes in Kafka, to compare with: FastAPI, a pydantic model, and aiokafka's send_and_wait."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request

from votes import Vote


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """A producer as long as the application lives."""
    async with AIOKafkaProducer(bootstrap_servers=os.environ["PLAIN_KAFKA"], acks="all") as producer:
        app.state.producer = producer
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/grpc", status_code=202)
async def cast(vote: Vote, request: Request) -> dict[str, object]:
    """Answers once every replica in sync has the vote."""
    key = vote.id.encode() if vote.id else None
    await request.app.state.producer.send_and_wait("plain", vote.model_dump_json().encode(), key)
    return {"id": vote.id}
