using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Checks <see cref="DeadLetterOptions"/> when the host starts.</summary>
[OptionsValidator]
internal sealed partial class DeadLetterOptionsValidator : IValidateOptions<DeadLetterOptions>;
