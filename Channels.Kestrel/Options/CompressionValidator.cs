using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>Checks which options of compression go together.</summary>
internal sealed class CompressionValidator : IValidateOptions<WebSocketServerOptions>
{
    private const string Key = "Channels:WebSocket:CompressionContextTakeover";

    public ValidateOptionsResult Validate(string? name, WebSocketServerOptions options)
    {
        if (!options.CompressionContextTakeover)
        {
            return ValidateOptionsResult.Success;
        }

        List<string> faults = [];
        if (options.SlowClientPolicy != SlowClientPolicy.Close)
        {
            faults.Add($"{Key} needs SlowClientPolicy Close, because later messages refer to dropped ones: change one of the two.");
        }

        if (!options.Compression)
        {
            faults.Add($"{Key} has no effect without Compression: set Compression to true as well.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
