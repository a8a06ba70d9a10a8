using System.IO.Compression;
using Channels.Tests.Kestrel.WebSockets;

namespace Channels.Tests.Interop.Autobahn;

/// <summary>Messages that slide over some data, each sent behind the echo of the one before.</summary>
/// <param name="Id">The suite's number.</param>
/// <param name="Offer">What the client offers.</param>
/// <param name="Agreed">What the server must answer; null for nothing, and then the messages are plain.</param>
/// <param name="Data">What is sent.</param>
/// <param name="IsText">As text or binary messages.</param>
/// <param name="Length">The length of a message.</param>
/// <param name="Fragment">The length of its frames; 0 for one frame.</param>
internal sealed record DeflateCase(string Id, string Offer, string? Agreed, byte[] Data, bool IsText, int Length, int Fragment)
{
    /// <summary>Null when all is well; else what differed.</summary>
    public async Task<string?> FindFaultAsync(RawWebSocketClient client, int count)
    {
        var agreed = client.ResponseHead.Split("\r\n").FirstOrDefault(line => line.StartsWith("Sec-WebSocket-Extensions: ", StringComparison.OrdinalIgnoreCase))?[26..];
        if (agreed != Agreed)
        {
            return $"{Id}: agreed to {agreed ?? "nothing"} instead of {Agreed ?? "nothing"}";
        }

        using var deflating = agreed is null ? null : new MessageCompressor(!agreed.Contains("client_no_context_takeover", StringComparison.Ordinal));
        using var inflating = new MessageExpander(agreed?.Contains("server_no_context_takeover", StringComparison.Ordinal) == false);
        var opcode = IsText ? 1 : 2;
        for (var (i, start) = (0, 0); i < count; i++, start = (start + Length) % Data.Length)
        {
            byte[] message = start + Length <= Data.Length ? Data[start..(start + Length)] : [.. Data[start..], .. Data[..(start + Length - Data.Length)]];
            var sent = deflating is null ? message : deflating.Deflate(message);
            await client.SendAsync((byte[])[.. AutobahnCase.Fragments(opcode, sent, Fragment == 0 ? int.MaxValue / 2 : Fragment, deflating is null ? 0 : 4).SelectMany(frame => frame)]);
            var echo = await ReadAsync(client, opcode);
            if (echo is not var (payload, compressed))
            {
                return $"{Id}: message {i} was not answered by a message of its kind";
            }

            if ((compressed && agreed is null) || !(compressed ? inflating.Inflate(payload) : payload).AsSpan().SequenceEqual(message))
            {
                return $"{Id}: message {i} came back as something else";
            }
        }

        await client.SendAsync(RawFrame.ClientClose(1000));
        var close = await client.ReadFrameAsync();
        return (close.Opcode, close.CloseCode) == (8, 1000) && (await client.ReadToEndAsync()).Length == 0 ? null : $"{Id}: the end is not clean";
    }

    private static async Task<(byte[] Payload, bool Compressed)?> ReadAsync(RawWebSocketClient client, int opcode)
    {
        var first = await client.ReadFrameAsync();
        var payload = new List<byte>(first.Payload);
        for (var last = first; !last.Final; payload.AddRange(last.Payload))
        {
            last = await client.ReadFrameAsync();
            if ((last.Opcode, last.Reserved) != (0, 0))
            {
                return null;
            }
        }

        return first.Opcode == opcode && first.Reserved is 0 or 4 ? ([.. payload], first.Reserved == 4) : null;
    }

    // RFC 7692, section 7.2.1, with or without what went before.
    private sealed class MessageCompressor(bool keepsWindow) : IDisposable
    {
        private MemoryStream _output = new();
        private DeflateStream? _deflating;

        public byte[] Deflate(byte[] message)
        {
            if (!keepsWindow || _deflating is null)
            {
                _deflating?.Dispose();
                _output = new MemoryStream();
                _deflating = new DeflateStream(_output, CompressionLevel.Fastest, leaveOpen: true);
            }

            _output.SetLength(0);
            _deflating.Write(message);
            _deflating.Flush();
            return _output.ToArray()[..^4];
        }

        public void Dispose() => _deflating?.Dispose();
    }

    // Section 7.2.2.
    private sealed class MessageExpander(bool keepsWindow) : IDisposable
    {
        private MemoryStream _input = new();
        private DeflateStream? _inflating;

        public byte[] Inflate(byte[] message)
        {
            if (!keepsWindow || _inflating is null)
            {
                _inflating?.Dispose();
                _input = new MemoryStream();
                _inflating = new DeflateStream(_input, CompressionMode.Decompress, leaveOpen: true);
            }

            _input.SetLength(0);
            _input.Write(message);
            _input.Write([0x00, 0x00, 0xff, 0xff]);
            _input.Position = 0;
            using var plain = new MemoryStream();
            _inflating.CopyTo(plain);
            return plain.ToArray();
        }

        public void Dispose() => _inflating?.Dispose();
    }
}
