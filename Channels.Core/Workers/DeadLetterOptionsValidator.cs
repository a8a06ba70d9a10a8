using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Checks <see cref="DeadLetterOptions"/> when the host starts.</summary>
internal sealed class DeadLetterOptionsValidator : IValidateOptions<DeadLetterOptions>
{
    public ValidateOptionsResult Validate(string? name, DeadLetterOptions options) => options switch
    {
        { Capacity: < 1 } => ValidateOptionsResult.Fail("Channels:DeadLetters:Capacity must be at least 1."),
        { Retention.Ticks: < 0 } => ValidateOptionsResult.Fail("Channels:DeadLetters:Retention must not be negative; zero keeps letters until the capacity pushes them out."),
        _ => ValidateOptionsResult.Success,
    };
}
