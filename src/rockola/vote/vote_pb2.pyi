from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Door(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOOR_UNSPECIFIED: _ClassVar[Door]
    DOOR_GRPC: _ClassVar[Door]
    DOOR_RUST: _ClassVar[Door]
DOOR_UNSPECIFIED: Door
DOOR_GRPC: Door
DOOR_RUST: Door

class Vote(_message.Message):
    __slots__ = ("name", "album", "year", "rank", "id", "voter", "voter_digest")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALBUM_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    VOTER_FIELD_NUMBER: _ClassVar[int]
    VOTER_DIGEST_FIELD_NUMBER: _ClassVar[int]
    name: str
    album: str
    year: int
    rank: int
    id: str
    voter: str
    voter_digest: str
    def __init__(self, name: _Optional[str] = ..., album: _Optional[str] = ..., year: _Optional[int] = ..., rank: _Optional[int] = ..., id: _Optional[str] = ..., voter: _Optional[str] = ..., voter_digest: _Optional[str] = ...) -> None: ...

class Votes(_message.Message):
    __slots__ = ("votes", "door")
    VOTES_FIELD_NUMBER: _ClassVar[int]
    DOOR_FIELD_NUMBER: _ClassVar[int]
    votes: _containers.RepeatedCompositeFieldContainer[Vote]
    door: Door
    def __init__(self, votes: _Optional[_Iterable[_Union[Vote, _Mapping]]] = ..., door: _Optional[_Union[Door, str]] = ...) -> None: ...

class Place(_message.Message):
    __slots__ = ("generation", "partition", "offset")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    PARTITION_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    generation: str
    partition: int
    offset: int
    def __init__(self, generation: _Optional[str] = ..., partition: _Optional[int] = ..., offset: _Optional[int] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("code", "field", "reason")
    CODE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    code: str
    field: str
    reason: str
    def __init__(self, code: _Optional[str] = ..., field: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("place", "refusal")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    place: Place
    refusal: Refusal
    def __init__(self, place: _Optional[_Union[Place, _Mapping]] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ...) -> None: ...

class Receipts(_message.Message):
    __slots__ = ("receipts",)
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    receipts: _containers.RepeatedCompositeFieldContainer[Receipt]
    def __init__(self, receipts: _Optional[_Iterable[_Union[Receipt, _Mapping]]] = ...) -> None: ...
