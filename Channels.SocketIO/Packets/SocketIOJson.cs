using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketIO;

/// <summary>The contracts by which arguments are read and written: the application's own, with bytes as attachments. Thread-safe.</summary>
internal sealed class SocketIOJson
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = PayloadScan.MaxDepth };

    private readonly JsonSerializerOptions _options;
    private readonly Action<Utf8JsonWriter, MessageValue> _writeOther;
    private readonly ConditionalWeakTable<Utf8JsonWriter, List<ReadOnlyMemory<byte>>> _attachments = [];

    /// <param name="options">The application's options; copied.</param>
    public SocketIOJson(JsonSerializerOptions options)
    {
        _writeOther = WriteOther;
        _options = new(options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // no page is written, and clients write so too
            MaxDepth = PayloadScan.MaxDepth,
            WriteIndented = false,
            TypeInfoResolver = JsonTypeInfoResolver.Combine(options.TypeInfoResolver, PrimitiveJson.Default, Reflecting()),
        };
        _options.Converters.Add(new BytesConverter(this));
        _options.Converters.Add(new MemoryConverter(this));
        _options.MakeReadOnly();
    }

    /// <summary>The contract of a type.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public JsonTypeInfo<T> Contract<T>() => (JsonTypeInfo<T>)Contract(typeof(T));

    /// <summary>
    /// Whether an exception refuses the content that a contract was given: whatever contracts, converters and constructors throw is an
    /// answer about what others have written. A lack of memory says something about the process itself.
    /// </summary>
    public static bool IsRefusal(Exception error) => error is not OutOfMemoryException;

    /// <summary>Makes a writer into a buffer for what holds no bytes: nothing is kept beside it.</summary>
    public static Utf8JsonWriter MakePlainWriter(System.Buffers.IBufferWriter<byte> output) => new(output, Writing);

    /// <summary>Makes a writer into a buffer; attachments of what is written with it are noted.</summary>
    public Utf8JsonWriter MakeWriter(System.Buffers.IBufferWriter<byte> output, List<ReadOnlyMemory<byte>> attachments)
    {
        var writer = MakePlainWriter(output);
        _attachments.Add(writer, attachments);
        return writer;
    }

    /// <summary>Writes one argument, or all of those received from elsewhere.</summary>
    /// <exception cref="NotSupportedException">There is no contract for its type.</exception>
    public void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case SocketIOArguments arguments:
                arguments.WriteTo(writer, AttachmentsOf(writer));
                break;
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case byte[] bytes:
                WriteBytes(writer, bytes);
                break;
            case ReadOnlyMemory<byte> bytes:
                WriteBytes(writer, bytes);
                break;
            case Memory<byte> bytes:
                WriteBytes(writer, bytes);
                break;
            case MessageValue other:
                MessageValueJson.Write(writer, other, _writeOther);
                break;
            default:
                JsonSerializer.Serialize(writer, value, Contract(value.GetType()));
                break;
        }
    }

    /// <summary>Writes a placeholder, and notes the bytes as the next attachment.</summary>
    public void WriteBytes(Utf8JsonWriter writer, ReadOnlyMemory<byte> bytes)
    {
        var attachments = AttachmentsOf(writer);
        writer.WriteStartObject();
        writer.WriteBoolean("_placeholder"u8, true);
        writer.WriteNumber("num"u8, attachments.Count);
        writer.WriteEndObject();
        attachments.Add(bytes);
    }

    // A double that is not finite is refused by the writer, as everywhere in JSON.
    private void WriteOther(Utf8JsonWriter writer, MessageValue value)
    {
        if (value.Kind == MessageValueKind.Bytes)
        {
            WriteBytes(writer, value.GetBytes());
        }
        else
        {
            writer.WriteNumberValue(value.GetDouble());
        }
    }

    private List<ReadOnlyMemory<byte>> AttachmentsOf(Utf8JsonWriter writer) => _attachments.TryGetValue(writer, out var attachments)
        ? attachments
        : throw new InvalidOperationException("These JSON options write arguments of Socket.IO; nothing else may use them.");

    private JsonTypeInfo Contract(Type type) => _options.TryGetTypeInfo(type, out var contract)
        ? contract
        : throw new NotSupportedException($"There is no JSON contract for {type}: give {nameof(SocketIOOptions)}.{nameof(SocketIOOptions.Json)} a source-generated context with [JsonSerializable(typeof({type.Name}))].");

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where reflection is on; elsewhere the application names its context.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Only where reflection is on; elsewhere the application names its context.")]
    private static DefaultJsonTypeInfoResolver? Reflecting() => JsonSerializer.IsReflectionEnabledByDefault ? new DefaultJsonTypeInfoResolver() : null;

    private sealed class BytesConverter(SocketIOJson json) : JsonConverter<byte[]>
    {
        public override byte[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetBytesFromBase64();

        public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) => json.WriteBytes(writer, value);
    }

    private sealed class MemoryConverter(SocketIOJson json) : JsonConverter<ReadOnlyMemory<byte>>
    {
        public override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetBytesFromBase64();

        public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) => json.WriteBytes(writer, value);
    }
}
