using System.IO.Pipelines;
using Channels.Kestrel;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Connections;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>What the gate makes of a connection before HTTP sees it; a peer that leaves there is nobody's error.</summary>
[Proves("FG-6")]
public sealed class FirstByteTests
{
    private readonly Pipe _input = new();
    private string? _served;

    [Test]
    public async Task What_has_come_already_or_comes_later_is_read_from_its_beginning([Values] bool already)
    {
        if (already)
        {
            await _input.Writer.WriteAsync("GET"u8.ToArray());
        }

        var serving = ServeAsync();
        Assert.That(serving.IsCompleted, Is.EqualTo(already));
        if (!already)
        {
            await _input.Writer.WriteAsync("GET"u8.ToArray());
        }

        await serving;
        Assert.That(_served, Is.EqualTo("GET"));
    }

    [Test]
    public async Task A_peer_that_goes_before_it_has_spoken_is_not_served_however_it_goes([Values] bool already, [Values] bool reset)
    {
        var error = reset ? new ConnectionResetException("Connection reset by peer") : null;
        if (already)
        {
            await _input.Writer.CompleteAsync(error);
        }

        var serving = ServeAsync();
        await _input.Writer.CompleteAsync(error); // once more is no more than once
        await serving;
        Assert.That(_served, Is.Null);
    }

    private Task ServeAsync()
    {
        var gate = new ConnectionGate(1, TimeProvider.System, new ServerTelemetry(new ChannelsMetrics()), new LogRecorder().CreateLogger("Channels.Server"));
        var connection = new DefaultConnectionContext("one") { Transport = new DuplexPipe(_input.Reader, new Pipe().Writer) };
        return gate.Before(ReadAsync)(connection);
    }

    private async Task ReadAsync(ConnectionContext connection)
    {
        var read = await connection.Transport.Input.ReadAsync();
        _served = System.Text.Encoding.ASCII.GetString(read.Buffer.FirstSpan);
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
