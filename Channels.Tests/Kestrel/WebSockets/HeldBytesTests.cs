using System.IO.Pipelines;
using Channels.Extending;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>Whatever one socket makes the server hold is counted in the budget of all, where it waits and no longer.</summary>
public sealed class HeldBytesTests
{
    private const int Length = 50_000;

    private readonly MemoryBudget _budget = new(1L << 30, new ManualTimeProvider());

    [Test]
    [Proves("FG-1")]
    public async Task A_message_that_the_application_has_not_taken_is_held()
    {
        var socket = await InMemorySocket.OpenAsync(new WriteLog(), memory: _budget);
        socket.Write(RawFrame.Client(2, new byte[Length]));
        Assert.That(_budget.Used, Is.GreaterThanOrEqualTo(Length - MemoryShare.Allowance));
        await socket.Receive(CancellationToken.None);
        Assert.That(_budget.Used, Is.Zero);
    }

    [Test]
    [Proves("FG-1")]
    public async Task What_the_peer_has_not_taken_is_held_in_the_transport_as_in_the_queue()
    {
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        var socket = await InMemorySocket.OpenAsync(output.Writer, memory: _budget);
        await socket.Send(WebSocketSend.FromBinary(new byte[Length]), CancellationToken.None);
        var inTransport = _budget.Used;
        Assert.That(inTransport, Is.GreaterThanOrEqualTo(Length - MemoryShare.Allowance));
        await socket.Send(WebSocketSend.FromBinary(new byte[Length]), CancellationToken.None);
        Assert.That(_budget.Used - inTransport, Is.GreaterThanOrEqualTo(Length - MemoryShare.Allowance));
        while (output.Reader.TryRead(out var written))
        {
            output.Reader.AdvanceTo(written.Buffer.End);
        }

        await Eventually.Is(() => _budget.Used == 0);
    }
}
