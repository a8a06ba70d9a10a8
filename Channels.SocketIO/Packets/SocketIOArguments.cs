using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketIO;

/// <summary>
/// The arguments of an event or of an acknowledgement: JSON values, and bytes at any depth of them. They stay as they came
/// until they are read. Immutable and thread-safe. Handed to an emit in place of arguments, all of them are sent on unchanged.
/// </summary>
public sealed class SocketIOArguments
{
    private readonly SocketIOJson _json;
    private readonly int _first; // 1 when an event's name stands in front
    private readonly int[] _bounds;
    private readonly Placeholder[] _places;

    internal SocketIOArguments(SocketIOJson json, ReadOnlyMemory<byte> array, int first, int[] bounds, Placeholder[] places, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        (_json, Array, _first, _bounds, _places, Attachments) = (json, array, first, bounds, places, attachments);

    /// <summary>How many there are.</summary>
    public int Count => (_bounds.Length / 2) - _first;

    /// <summary>The array as JSON, an event's name included, with placeholders where attachments belong.</summary>
    internal ReadOnlyMemory<byte> Array { get; }

    /// <summary>The bytes that stand for themselves.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Attachments { get; }

    /// <summary>Whether an argument is bytes.</summary>
    /// <param name="index">Which one, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    public bool IsBytes(int index)
    {
        var (start, end) = BoundsOf(index);
        return PlaceAt(start, end) is not null;
    }

    /// <summary>Reads an argument as a type: bytes as <c>byte[]</c> or <c>ReadOnlyMemory&lt;byte&gt;</c>, all else as its JSON contract says.</summary>
    /// <typeparam name="T">The type. Bytes inside of objects are read into properties of the two types of bytes.</typeparam>
    /// <param name="index">Which one, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    /// <exception cref="JsonException">The argument is of another type. It was written by the peer.</exception>
    /// <exception cref="NotSupportedException">The JSON options have no contract for the type.</exception>
    public T? Get<T>(int index) => Read(index, _json.Contract<T>());

    /// <summary>Reads an argument, if it is there and of the type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="index">Which one, from 0.</param>
    /// <param name="value">The argument; null also when the peer has sent null.</param>
    /// <exception cref="NotSupportedException">The JSON options have no contract for the type.</exception>
    public bool TryGet<T>(int index, out T? value)
    {
        value = default;
        if (index < 0 || index >= Count)
        {
            return false;
        }

        var contract = _json.Contract<T>(); // outside: that there is none is the application's mistake, and no answer about what a peer has written
        try
        {
            value = Read(index, contract);
            return true;
        }
        catch (Exception error) when (SocketIOJson.IsRefusal(error))
        {
            return false;
        }
    }

    /// <summary>The bytes that an argument is.</summary>
    /// <param name="index">Which one, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    /// <exception cref="JsonException">It is no bytes.</exception>
    public ReadOnlyMemory<byte> GetBytes(int index) => Get<ReadOnlyMemory<byte>>(index);

    /// <summary>An argument as JSON text; bytes in it are base64.</summary>
    /// <param name="index">Which one, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    public string GetJson(int index)
    {
        var (start, end) = BoundsOf(index);
        return Encoding.UTF8.GetString(ReadableJson(start, end));
    }

    /// <summary>The number of arguments, never what they hold: it may be secret.</summary>
    public override string ToString() => $"{Count} arguments";

    /// <summary>The name of the event that they belong to, as JSON; only where there is one.</summary>
    internal ReadOnlySpan<byte> NameJson => Array.Span[_bounds[0].._bounds[1]];

    /// <summary>The array as JSON, an event's name included; bytes in it are base64.</summary>
    internal string GetJson() => Encoding.UTF8.GetString(ReadableJson(0, Array.Length));

    /// <summary>Those behind the first ones.</summary>
    /// <param name="count">How many are left out; no more than there are.</param>
    internal SocketIOArguments Skip(int count) => new(_json, Array, _first + count, _bounds, _places, Attachments);

    /// <summary>The same arguments with one more behind them.</summary>
    /// <param name="text">The argument; letters, digits and punctuation that JSON does not escape.</param>
    internal SocketIOArguments With(string text)
    {
        var array = new byte[Array.Length + text.Length + (_bounds.Length > 0 ? 3 : 2)];
        Array.Span[..^1].CopyTo(array);
        var at = Array.Length - 1;
        if (_bounds.Length > 0)
        {
            array[at++] = (byte)',';
        }

        var start = at;
        array[at++] = (byte)'"';
        at += Encoding.UTF8.GetBytes(text, array.AsSpan(at));
        array[at++] = (byte)'"';
        array[at] = (byte)']';
        return new(_json, array, _first, [.. _bounds, start, at], _places, Attachments);
    }

    /// <summary>Appends the arguments to an array that is being written, with attachments of its own.</summary>
    internal void WriteTo(Utf8JsonWriter writer, List<ReadOnlyMemory<byte>> attachments)
    {
        for (var i = 0; i < Count; i++)
        {
            var (start, end) = BoundsOf(i);
            if (AreNumberedFrom(attachments.Count, start, end))
            {
                writer.WriteRawValue(Array.Span[start..end], skipInputValidation: true);
                AddAttachments(start, end, attachments);
                continue;
            }

            writer.WriteRawValue(Rewrite(start, end, (output, place) =>
            {
                output.Write("{\"_placeholder\":true,\"num\":"u8);
                var digits = output.GetSpan(10);
                Utf8Formatter.TryFormat(attachments.Count, digits, out var written);
                output.Advance(written);
                output.Write("}"u8);
                attachments.Add(Attachments[place.Number]);
            }), skipInputValidation: true);
        }
    }

    private T? Read<T>(int index, JsonTypeInfo<T> contract)
    {
        var (start, end) = BoundsOf(index);
        if (typeof(T) == typeof(ReadOnlyMemory<byte>) || typeof(T) == typeof(byte[]))
        {
            if (PlaceAt(start, end) is { } place)
            {
                var bytes = Attachments[place.Number];
                return typeof(T) == typeof(byte[]) ? (T)(object)ToArray(bytes) : (T)(object)bytes;
            }
        }

        return JsonSerializer.Deserialize(ReadableJson(start, end), contract);
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : bytes.ToArray();

    private (int Start, int End) BoundsOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return (_bounds[2 * (index + _first)], _bounds[(2 * (index + _first)) + 1]);
    }

    private Placeholder? PlaceAt(int start, int end)
    {
        foreach (var place in _places)
        {
            if (place.Start == start && place.End == end)
            {
                return place;
            }
        }

        return null;
    }

    private bool HasPlaces(int start, int end)
    {
        foreach (var place in _places)
        {
            if (place.Start >= start && place.End <= end)
            {
                return true;
            }
        }

        return false;
    }

    // Whether the placeholders within have the numbers that attachments get when they are added in their order.
    private bool AreNumberedFrom(int number, int start, int end)
    {
        foreach (var place in _places)
        {
            if (place.Start >= start && place.End <= end && place.Number != number++)
            {
                return false;
            }
        }

        return true;
    }

    private void AddAttachments(int start, int end, List<ReadOnlyMemory<byte>> attachments)
    {
        foreach (var place in _places)
        {
            if (place.Start >= start && place.End <= end)
            {
                attachments.Add(Attachments[place.Number]);
            }
        }
    }

    // JSON knows no bytes, and contracts read them from base64.
    private ReadOnlySpan<byte> ReadableJson(int start, int end) => !HasPlaces(start, end) ? Array.Span[start..end] : Rewrite(start, end, (output, place) =>
    {
        var bytes = Attachments[place.Number].Span;
        output.Write("\""u8);
        var text = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        Base64.EncodeToUtf8(bytes, text, out _, out var written);
        output.Advance(written);
        output.Write("\""u8);
    });

    private ReadOnlySpan<byte> Rewrite(int start, int end, Action<ArrayBufferWriter<byte>, Placeholder> write)
    {
        var output = new ArrayBufferWriter<byte>(end - start + 64);
        foreach (var place in _places)
        {
            if (place.Start >= start && place.End <= end)
            {
                output.Write(Array.Span[start..place.Start]);
                write(output, place);
                start = place.End;
            }
        }

        output.Write(Array.Span[start..end]);
        return output.WrittenSpan;
    }
}
