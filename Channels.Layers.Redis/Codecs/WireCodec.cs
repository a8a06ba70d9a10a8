using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Channels.Layers.Redis;

/// <summary>
/// Between a layer message and what is stored or published: random prefix, encryption, serializer, and the entry that
/// names the receiving channels. Thread-safe.
/// </summary>
internal sealed class WireCodec
{
    private readonly IMessageSerializer _serializer;
    private readonly Fernet? _fernet;
    private readonly TimeProvider _time;
    private readonly int _prefixLength;
    private readonly int _maxBytes;
    private readonly long? _maxAge;

    /// <param name="options">The layer's options.</param>
    /// <param name="time">The clock of tokens.</param>
    /// <param name="stored">True for messages that wait in Redis: they have a random prefix, and tokens have an age limit.</param>
    public WireCodec(RedisLayerOptions options, TimeProvider time, bool stored)
    {
        const int graceSeconds = 10;
        _serializer = WireSerializers.Find(options)!; // the options are valid
        _fernet = options.SymmetricEncryptionKeys.Count > 0 ? new Fernet([.. options.SymmetricEncryptionKeys]) : null;
        _time = time;
        _prefixLength = stored ? options.RandomPrefixLength : 0;
        _maxBytes = options.MaxMessageBytes;
        _maxAge = stored ? (long)options.Expiry.TotalSeconds + graceSeconds : null;
    }

    /// <summary>Lua that writes the receivers of a message, see <see cref="WireLua"/>; null when only this process can, because of encryption or a serializer of the application's own.</summary>
    public string? Lua => _fernet is null ? (_serializer as IWireEntriesSerializer)?.Lua : null;

    /// <summary>Encodes a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="address">The receiving channel or channels; null writes no entry for them.</param>
    /// <param name="position">Where it stands in a history, as <see cref="WirePosition"/> writes it; null writes no entry for that.</param>
    /// <exception cref="MessageTooLargeException">It is larger than the limit.</exception>
    /// <exception cref="ArgumentException">It holds what the serializer cannot carry.</exception>
    public byte[] Encode(ChannelMessage message, MessageValue? address = null, string? position = null)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        if (_prefixLength > 0)
        {
            Random.Shared.NextBytes(buffer.GetSpan(_prefixLength)[.._prefixLength]); // keeps equal messages apart and no secret, as in Python: the system's own generator costs a tenth of a send
            buffer.Advance(_prefixLength);
        }

        Serialize(new(message, address, position), buffer);
        var bytes = buffer.WrittenSpan;
        if (_fernet is not null)
        {
            var token = _fernet.Encrypt(bytes[_prefixLength..], (long)UnixTime.Seconds(_time));
            bytes = (byte[])[.. bytes[.._prefixLength], .. token];
        }

        return bytes.Length <= _maxBytes ? bytes.ToArray() : throw new MessageTooLargeException(bytes.Length, _maxBytes, nameof(RedisLayerOptions.MaxMessageBytes));
    }

    /// <summary>Decodes what came from Redis, whoever wrote it. Never throws.</summary>
    /// <param name="bytes">The stored or published bytes.</param>
    /// <param name="message">The message, without the entry for its receivers.</param>
    /// <param name="address">That entry; null when there is none.</param>
    /// <param name="problem">Why the message cannot be used, without its content; stands within a sentence of a log.</param>
    public bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ChannelMessage? message, out MessageValue address, [NotNullWhen(false)] out string? problem)
    {
        (message, address) = (null, default);
        if (bytes.Length < _prefixLength)
        {
            problem = "it is shorter than the random prefix";
            return false;
        }

        var body = bytes[_prefixLength..];
        if (_fernet is not null)
        {
            if (!_fernet.TryDecrypt(body, (long)UnixTime.Seconds(_time), _maxAge, out var plaintext))
            {
                problem = "no key decrypts it, or its token is too old";
                return false;
            }

            body = plaintext;
        }

        try
        {
            message = ToMessage(_serializer.Deserialize(body).Thaw(), out address, out problem);
            return message is not null;
        }
        catch (FormatException e)
        {
            problem = HeaderText.Clause(e.Message);
            return false;
        }
        catch (Exception e)
        {
            problem = $"its serializer failed with {e.GetType().Name}"; // one of the application's own may throw anything; a message must never end the reader
            return false;
        }
    }

    private void Serialize(WireEntries entries, ArrayBufferWriter<byte> buffer)
    {
        if (_serializer is IWireEntriesSerializer direct)
        {
            direct.Serialize(entries, buffer);
            return;
        }

        var map = new MessageMap();
        foreach (var (key, value) in entries)
        {
            map[key] = value;
        }

        _serializer.Serialize(map, buffer);
    }

    // The map is nobody else's yet (unless a serializer of the application's own says so), so the layer's own entries are taken out of it where it is.
    private static ChannelMessage? ToMessage(MessageMap map, out MessageValue address, out string? problem)
    {
        problem = null;
        map.Remove(WireEntries.AddressKey, out address);
        if (!map.Remove(WireEntries.TypeKey, out var type) || type.Kind != MessageValueKind.Text || type.GetText().Length == 0)
        {
            problem = "it has no type";
            return null;
        }

        var stamp = map.Remove(WireEntries.PositionKey, out var position) && position.Kind == MessageValueKind.Text ? WirePosition.Read(position.GetText()) : null;
        if (!map.Remove(WireEntries.ExceptKey, out var except))
        {
            return ToMessage(type.GetText(), map).At(stamp);
        }

        if (except.Kind == MessageValueKind.List && except.GetList().All(channel => channel.Kind == MessageValueKind.Text))
        {
            return (ToMessage(type.GetText(), map) with { Except = [.. except.GetList().Select(channel => channel.GetText())] }).At(stamp);
        }

        problem = "the channels that are to skip it are no list of names";
        return null;
    }

    private static ChannelMessage ToMessage(string type, MessageMap fields) =>
        type == ChannelMessage.ForwardType && ToForward(fields) is { } forward ? ChannelMessage.Forward(forward) : new ChannelMessage(type, fields, trusted: true);

    // What ChannelMessage.Forward looks like on the wire: exactly one entry, text or bytes. Read back as such, it is
    // framed once for all receivers of this process too.
    private static WebSocketSend? ToForward(MessageMap fields) => fields.Count != 1 ? null
        : fields.TryGetValue("text", out var text) && text.Kind == MessageValueKind.Text ? WebSocketSend.FromText(text.GetText())
        : fields.TryGetValue("bytes", out var bytes) && bytes.Kind == MessageValueKind.Bytes ? WebSocketSend.FromBinary(bytes.GetBytes())
        : null;
}
