using System.Buffers;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Channels.Kestrel;

namespace Channels.Benchmarks;

/// <summary>A frame in (header, unmasking, UTF-8 check, the message's own array) and a frame out.</summary>
public class FramingBenchmarks
{
    private const long NoLimit = 0;
    private readonly MessageReader _reader = new(NoLimit, NoLimit);
    private byte[] _clientFrame = [];
    private byte[] _payload = [];
    private byte[] _target = [];

    [Params(64, 1024, 100 * 1024)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _clientFrame = new ClientFrame(Dialect.Plain("/"), Bytes).With(default).ToArray();
        _payload = RandomNumberGenerator.GetBytes(Bytes);
        _target = new byte[Bytes];
    }

    [Benchmark]
    public byte[] ReadMessage()
    {
        var input = new ReadOnlySequence<byte>(_clientFrame);
        return _reader.Read(ref input) == ReadOutcome.Message ? _reader.TakeMessage() : throw new InvalidOperationException("no message");
    }

    [Benchmark]
    public void Unmask() => FrameMask.Apply(_payload, _target, 0x3D21FA37, 0);

    [Benchmark]
    public byte[] WriteMessage() => FrameWriting.Message(FrameOpcode.Text, 0, _payload);
}
