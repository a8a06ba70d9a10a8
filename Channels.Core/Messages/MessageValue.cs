using System.Globalization;

namespace Channels;

/// <summary>
/// One value of a layer message. Numbers are held without boxing; text, bytes, lists and maps by reference, so reading
/// the same entry twice gives the same object. Immutable.
/// </summary>
public readonly struct MessageValue : IEquatable<MessageValue>
{
    // Numbers live in _bits; _reference then holds a marker for unsigned integers above long.MaxValue, else null.
    private static readonly object Unsigned = new();
    private readonly object? _reference;
    private readonly long _bits;

    private MessageValue(MessageValueKind kind, object? reference, long bits = 0) => (Kind, _reference, _bits) = (kind, reference, bits);

    /// <summary>Which of the eight types the value has.</summary>
    public MessageValueKind Kind { get; }

    /// <summary>The null value; also what <c>default</c> gives.</summary>
    public static MessageValue Null => default;

    /// <summary>True for the null value.</summary>
    public bool IsNull => Kind == MessageValueKind.Null;

    /// <summary>True for an integer above <see cref="long.MaxValue"/>, readable with <see cref="GetUInt64"/> only.</summary>
    public bool IsUnsigned => ReferenceEquals(_reference, Unsigned);

    /// <summary>Makes an integer; values above <see cref="long.MaxValue"/> are kept as unsigned.</summary>
    /// <param name="value">The integer.</param>
    public static MessageValue FromUInt64(ulong value) => new(MessageValueKind.Integer, value > long.MaxValue ? Unsigned : null, unchecked((long)value));

    /// <summary>Makes a list.</summary>
    /// <param name="items">The values; copied.</param>
    public static MessageValue FromList(IEnumerable<MessageValue> items) => new(MessageValueKind.List, items.ToArray());

    /// <summary>The boolean.</summary>
    /// <exception cref="InvalidOperationException">The value has another type.</exception>
    public bool GetBoolean() => Is(MessageValueKind.Boolean) && _bits != 0;

    /// <summary>The integer.</summary>
    /// <exception cref="InvalidOperationException">The value has another type, or does not fit.</exception>
    public long GetInt64() => Is(MessageValueKind.Integer) && !IsUnsigned ? _bits : throw new ForeignContent.WrongKindException("The integer is above Int64.MaxValue; read it with GetUInt64.");

    /// <summary>The integer as an unsigned one.</summary>
    /// <exception cref="InvalidOperationException">The value has another type, or is negative.</exception>
    public ulong GetUInt64() => Is(MessageValueKind.Integer) && (IsUnsigned || _bits >= 0) ? unchecked((ulong)_bits) : throw new ForeignContent.WrongKindException("The integer is negative; read it with GetInt64.");

    /// <summary>The double; an integer is widened.</summary>
    /// <exception cref="InvalidOperationException">The value is not a number.</exception>
    public double GetDouble() => Kind == MessageValueKind.Integer
        ? (IsUnsigned ? unchecked((ulong)_bits) : _bits)
        : BitConverter.Int64BitsToDouble(Is(MessageValueKind.Double) ? _bits : 0);

    /// <summary>The text; the same string at each call.</summary>
    /// <exception cref="InvalidOperationException">The value has another type.</exception>
    public string GetText() => (string)Reference(MessageValueKind.Text);

    /// <summary>The bytes.</summary>
    /// <exception cref="InvalidOperationException">The value has another type.</exception>
    public ReadOnlyMemory<byte> GetBytes() => (byte[])Reference(MessageValueKind.Bytes);

    /// <summary>The list.</summary>
    /// <exception cref="InvalidOperationException">The value has another type.</exception>
    public IReadOnlyList<MessageValue> GetList() => (MessageValue[])Reference(MessageValueKind.List);

    /// <summary>The map.</summary>
    /// <exception cref="InvalidOperationException">The value has another type.</exception>
    public MessageMap GetMap() => (MessageMap)Reference(MessageValueKind.Map);

    /// <summary>Makes a text value; null becomes the null value.</summary>
    /// <param name="value">The text.</param>
    public static implicit operator MessageValue(string? value) => value is null ? default : new(MessageValueKind.Text, value);

    /// <summary>Makes a boolean value.</summary>
    /// <param name="value">The boolean.</param>
    public static implicit operator MessageValue(bool value) => new(MessageValueKind.Boolean, null, value ? 1 : 0);

    /// <summary>Makes an integer value.</summary>
    /// <param name="value">The integer.</param>
    public static implicit operator MessageValue(long value) => new(MessageValueKind.Integer, null, value);

    /// <summary>Makes an integer value.</summary>
    /// <param name="value">The integer.</param>
    public static implicit operator MessageValue(int value) => new(MessageValueKind.Integer, null, value);

    /// <summary>Makes a double value.</summary>
    /// <param name="value">The double.</param>
    public static implicit operator MessageValue(double value) => new(MessageValueKind.Double, null, BitConverter.DoubleToInt64Bits(value));

    /// <summary>Makes a bytes value; null becomes the null value. The array must not change afterwards.</summary>
    /// <param name="value">The bytes.</param>
    public static implicit operator MessageValue(byte[]? value) => value is null ? default : new(MessageValueKind.Bytes, value);

    /// <summary>Makes a map value; null becomes the null value. The map cannot change afterwards.</summary>
    /// <param name="value">The map.</param>
    public static implicit operator MessageValue(MessageMap? value) => value is null ? default : new(MessageValueKind.Map, value.Freeze());

    /// <summary>Makes a list value; null becomes the null value. The array must not change afterwards.</summary>
    /// <param name="value">The values.</param>
    public static implicit operator MessageValue(MessageValue[]? value) => value is null ? default : new(MessageValueKind.List, value);

    /// <summary>Equal type and equal content, lists and maps compared entry by entry.</summary>
    /// <param name="other">The value to compare with.</param>
    public bool Equals(MessageValue other) => Kind == other.Kind && Kind switch
    {
        MessageValueKind.Text => GetText() == other.GetText(),
        MessageValueKind.Bytes => GetBytes().Span.SequenceEqual(other.GetBytes().Span),
        MessageValueKind.List => GetList().SequenceEqual(other.GetList()),
        MessageValueKind.Map => GetMap().Equals(other.GetMap()),
        _ => _bits == other._bits && IsUnsigned == other.IsUnsigned,
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MessageValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind switch
    {
        MessageValueKind.Text => GetText().GetHashCode(StringComparison.Ordinal),
        MessageValueKind.Bytes or MessageValueKind.List or MessageValueKind.Map => (int)Kind,
        _ => HashCode.Combine(Kind, _bits),
    };

    /// <summary>Equality of content.</summary>
    public static bool operator ==(MessageValue left, MessageValue right) => left.Equals(right);

    /// <summary>Inequality of content.</summary>
    public static bool operator !=(MessageValue left, MessageValue right) => !left.Equals(right);

    /// <summary>The value for people; text and bytes only by their length, so that a log never shows content.</summary>
    public override string ToString() => Kind switch
    {
        MessageValueKind.Boolean => GetBoolean() ? "true" : "false",
        MessageValueKind.Integer => IsUnsigned ? GetUInt64().ToString(CultureInfo.InvariantCulture) : _bits.ToString(CultureInfo.InvariantCulture),
        MessageValueKind.Double => GetDouble().ToString(CultureInfo.InvariantCulture),
        MessageValueKind.Text => $"text of {GetText().Length} characters",
        MessageValueKind.Bytes => $"{GetBytes().Length} bytes",
        MessageValueKind.List => $"list of {GetList().Count}",
        MessageValueKind.Map => $"map of {GetMap().Count}",
        _ => "null",
    };

    private bool Is(MessageValueKind kind) => Kind == kind ? true : throw Mismatch(kind);

    private object Reference(MessageValueKind kind) => Kind == kind ? _reference! : throw Mismatch(kind); // these kinds always hold a reference

    private ForeignContent.WrongKindException Mismatch(MessageValueKind asked) => new($"The message value is {Kind}, not {asked}; check Kind first.");
}
