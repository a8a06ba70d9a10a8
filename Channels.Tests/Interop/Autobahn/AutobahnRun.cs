using System.Text;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;

namespace Channels.Tests.Interop.Autobahn;

/// <summary>Plays one case on a socket that is open.</summary>
internal sealed class AutobahnRun(RawWebSocketClient client, AutobahnCase test, Delivery delivery)
{
    // For one case, as the suite has it for its largest; a server that is silent fails sooner.
    private static readonly TimeSpan Patience = Eventually.Patience;

    private readonly List<Answer> _answers = [];
    private RawFrame? _close;

    /// <summary>Null when the server did what it must, and ended the transport as soon as both close frames had passed; else what differed.</summary>
    public async Task<string?> FindFaultAsync()
    {
        try
        {
            await (delivery == Delivery.AsDescribed ? PlayAsync() : PlayAtOnceAsync()).WaitAsync(Patience);
        }
        catch (Exception error) when (error is IOException or TimeoutException or InvalidOperationException)
        {
            return $"{test.Id}: {error.GetType().Name} after {Describe(_answers)}, {_close?.CloseCode.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no close"}: {error.Message}";
        }

        var got = $"{Describe(_answers)}, close {_close!.CloseCode}"; // both ways of playing read to the close frame
        var wanted = $"{Describe(test.Answers)}, close {test.Code}";
        return got == wanted && AnswersEqual() ? null : $"{test.Id}: got {got}; wanted {wanted}";
    }

    private async Task PlayAsync()
    {
        for (var i = 0; i < test.Writes.Length && (test.NeverReaches == 0 || i < test.NeverReaches); i++)
        {
            if (test.PausesBefore == i && i > 0)
            {
                await ReadAsync();
            }

            await WriteAsync(test.Writes[i]);
        }

        while (_close is null && (test.Fails || test.HoldsClose || _answers.Count < test.Answers.Length))
        {
            await ReadAsync();
        }

        if (!test.HoldsClose)
        {
            await WriteAsync(RawFrame.ClientClose(1000));
        }

        await ReadToEndAsync();
    }

    private async Task PlayAtOnceAsync()
    {
        byte[] all = [.. test.Writes.SelectMany(write => write), .. test.HoldsClose ? [] : RawFrame.ClientClose(1000)];
        foreach (var part in delivery == Delivery.InOneWrite ? [all] : all.Chunk(1))
        {
            await WriteAsync(part);
        }

        await ReadToEndAsync();
    }

    // A server that has failed the connection need not take what is still written.
    private async Task WriteAsync(byte[] octets)
    {
        try
        {
            await client.SendAsync(octets);
        }
        catch (IOException) when (test.Fails || test.HoldsClose)
        {
        }
    }

    private async Task ReadToEndAsync()
    {
        while (_close is null)
        {
            await ReadAsync();
        }

        if ((await client.ReadToEndAsync()).Length > 0)
        {
            throw new InvalidOperationException("Something follows the close frame.");
        }
    }

    private async Task ReadAsync()
    {
        var frame = await client.ReadFrameAsync();
        if (frame.Opcode == 8)
        {
            _close = frame;
            return;
        }

        var (opcode, payload) = (frame.Opcode, new List<byte>(frame.Payload));
        while (!frame.Final)
        {
            frame = await client.ReadFrameAsync();
            if (frame.Opcode == 0)
            {
                payload.AddRange(frame.Payload);
            }
            else
            {
                _answers.Add(new(frame.Opcode, frame.Payload)); // a pong may go between the parts of a message
                frame = frame with { Final = false };
            }
        }

        _answers.Add(new(opcode, payload.ToArray()));
    }

    private bool AnswersEqual() => _answers.Count == test.Answers.Length
        && _answers.Zip(test.Answers, (got, wanted) => got.Opcode == wanted.Opcode && got.Payload.Span.SequenceEqual(wanted.Payload.Span)).All(same => same);

    private static string Describe(IEnumerable<Answer> answers) => new StringBuilder()
        .Append('[').AppendJoin(", ", answers.Select(answer => $"{(answer.Opcode == 10 ? "pong" : answer.Opcode == 1 ? "text" : "binary")} of {answer.Payload.Length}")).Append(']').ToString();
}
